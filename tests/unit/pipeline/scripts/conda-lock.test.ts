import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DiskLook, FolderNames } from '../../../../pipeline/python/disk-look.ts';
import {
  nameCondaPlatform,
  readCondaLock,
  readExplicitList,
} from '../../../../pipeline/scripts/conda-lock.ts';
import { readLocked } from '../../../../pipeline/scripts/locked-packages.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** As conda-lock writes it. */
const LOCK = `version: 1
metadata:
  content_hash:
    linux-64: 5cbeef
  platforms:
  - linux-64
  - osx-arm64
package:
- name: NumPy
  version: 1.26.4
  manager: conda
  platform: linux-64
  dependencies:
    python: '>=3.12,<3.13.0a0'
  url: https://conda.anaconda.org/conda-forge/linux-64/numpy-1.26.4-py312heda63a1_0.conda
  hash:
    md5: d8285bea2a350f63fab23bf460221f3f
  category: main
  optional: false
- name: numpy
  version: 1.26.3
  manager: conda
  platform: osx-arm64
- name: typing_extensions
  version: '4.10'
  manager: pip
  platform: linux-64
- name: typing-extensions
  version: '4.9'
  manager: conda
  platform: linux-64
`;

const EXPLICIT = `# This file may be used to create an environment using:
# $ conda create --name <env> --file <this file>
# platform: linux-64
@EXPLICIT
https://conda.anaconda.org/conda-forge/linux-64/numpy-1.26.4-py312heda63a1_0.conda#d8285bea2a350f63fab23bf460221f3f
https://conda.anaconda.org/pytorch/linux-64/pytorch-2.1.0-py3.10_cuda11.8_cudnn8.7.0_0.tar.bz2
https://conda.anaconda.org/conda-forge/noarch/python-dateutil-2.9.0.post0-pyhff2d567_1.conda
# pip my-tool @ https://files.pythonhosted.org/packages/ab/my-tool-0.2.tar.gz#sha256=00
# pip einops @ https://files.pythonhosted.org/packages/ab/einops-0.8.0-py3-none-any.whl#sha256=00
`;

describe('a lock file of conda', () => {
  it('is read for one machine, with what pip puts over it', () => {
    const { versions, fault } = readCondaLock('conda-lock.yml', LOCK, 'linux-64');
    expect([...versions, fault]).toEqual([
      ['numpy', '1.26.4'],
      ['typing-extensions', '4.10'],
      null,
    ]);
    expect([...readCondaLock('conda-lock.yml', LOCK, 'osx-arm64').versions]).toEqual([
      ['numpy', '1.26.3'],
    ]);
  });

  it.each([
    ['no YAML', LOCK.replace('metadata:', '\tmetadata:'), 2, /^not valid YAML/],
    ['another shape', 'packages: []\n', 1, /^it has no list "package"$/],
    ['a list', '- 1\n', 1, /^it has no list "package"$/],
    ['a number', LOCK.replace("'4.10'", '4.10'), 25, /"version", a text; this one has 4.1$/],
    ['no name', LOCK.replace('name: NumPy\n  ', ''), 9, /"name", a text; this one has none$/],
    ['a text', 'package: [numpy]\n', 1, /"name", a text; this one has none$/],
    ['a manager', LOCK.replace('pip', 'npm'), 26, /^the manager "npm" is neither conda nor pip$/],
    [
      'other machines',
      LOCK.replaceAll('platform: linux-64', 'platform: win-64'),
      9,
      /for win-64, /,
    ],
  ])('that has %s is refused with its place', (_, text, line, what) => {
    const { versions, fault } = readCondaLock('conda-lock.yml', text, 'linux-64');
    expect(versions.size).toBe(0);
    expect(fault).toMatchObject({ line, what: expect.stringMatching(what) });
  });

  it('is a list of addresses too', () => {
    const { versions, fault } = readExplicitList(EXPLICIT, 'linux-64');
    expect(Object.fromEntries(versions)).toEqual({
      numpy: '1.26.4',
      pytorch: '2.1.0',
      'python-dateutil': '2.9.0.post0',
      'my-tool': '0.2',
      einops: '0.8.0',
    });
    expect(fault).toBeNull();
    expect(readExplicitList(EXPLICIT, 'osx-64').fault).toEqual({
      what: 'numpy is for linux-64, and this machine osx-64',
      line: 5,
      column: 1,
    });
    expect(readExplicitList('@EXPLICIT\nnumpy=1.26\n', 'linux-64').fault).toEqual({
      what: '"numpy=1.26" is no address of a package of conda',
      line: 2,
      column: 1,
    });
  });

  it('names machines as conda does', () => {
    expect([
      nameCondaPlatform('linux', 'x64'),
      nameCondaPlatform('linux', 'arm64'),
      nameCondaPlatform('darwin', 'arm64'),
      nameCondaPlatform('darwin', 'x64'),
    ]).toEqual(['linux-64', 'linux-aarch64', 'osx-arm64', 'osx-64']);
  });
});

describe('the versions of modules', () => {
  const here = nameCondaPlatform();
  function findIn(files: Readonly<Record<string, string>>) {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'locked-')));
    folders.push(root);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text.replaceAll('linux-64', here));
    }
    const disk = new DiskLook(root, new FolderNames());
    return readLocked(join(root, 'code'), root, disk);
  }

  it('are those of conda under the names of metadata, where no other lock file names them', () => {
    const locked = findIn({ 'requirements.txt': 'numpy==2.0.0\n', 'explicit.txt': EXPLICIT });
    const modules = ['numpy', 'torch.nn', 'dateutil', 'einops', 'nothing', 'constructor'];
    expect(modules.map(locked.find)).toEqual([
      'numpy@2.0.0',
      'torch@2.1.0',
      'python-dateutil@2.9.0.post0',
      'einops@0.8.0',
      undefined,
      undefined,
    ]);
    expect(locked.faults()).toEqual([]);
  });

  it.each([
    ['code/conda-lock.yml', LOCK],
    [`conda-${here}.lock`, EXPLICIT],
    ['requirements.txt', EXPLICIT],
    ['spec-file.txt', EXPLICIT],
  ])('stand in %s', (path, text) => {
    expect(findIn({ [path]: text }).find('numpy')).toBe('numpy@1.26.4');
  });

  it('are unknown where a lock file is not one, which is told with its place', () => {
    const locked = findIn({ 'conda-lock.yml': 'version: 1\npackage: all\n' });
    expect(locked.faults()).toEqual([]);
    expect(locked.find('numpy')).toBeUndefined();
    expect(locked.faults()).toEqual([
      {
        what: 'it has no list "package": the versions in this lock file of conda do not count',
        file: 'conda-lock.yml',
        line: 2,
        column: 10,
      },
    ]);
  });
});
