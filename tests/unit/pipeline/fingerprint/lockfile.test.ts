import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { collectPackages, packageOf } from '../../../../pipeline/fingerprint/collect-packages.ts';
import { type Lockfile, readLockfile } from '../../../../pipeline/fingerprint/lockfile.ts';
import { makeFolder, removeFolders } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

const lockfile: Lockfile = {
  '': {
    dependencies: { a: '1', '@s/b': '1' },
    peerDependencies: { gpu: '1', strict: '1' },
    peerDependenciesMeta: { gpu: { optional: true } },
  },
  'node_modules/a': { version: '1.0.0', integrity: 'sha-a', dependencies: { c: '^1', d: '1' } },
  'node_modules/a/node_modules/c': {
    version: '1.5.0',
    integrity: 'sha-c1',
    dependencies: { d: '1' },
  },
  'node_modules/c': { version: '2.0.0', integrity: 'sha-c2' },
  'node_modules/d': { version: '4.0.0', integrity: 'sha-d', optionalDependencies: { native: '1' } },
  'node_modules/native': { version: '0.1.0', integrity: 'sha-n' },
  'node_modules/@s/b': {
    version: '3.0.0',
    integrity: 'sha-b',
    dependencies: { a: '1', absent: '1' },
    peerDependencies: { c: '>1', peer: '*' },
    peerDependenciesMeta: { peer: { optional: true } },
  },
};

function collect(...imports: string[]) {
  return collectPackages(lockfile, imports.map(fromRoot), makeFolder());
}

function fromRoot(specifier: string) {
  return { specifier, from: '' };
}

describe('collectPackages', () => {
  it('follows dependencies to the version that Node would load for each', () => {
    expect(collect('a').packages).toEqual({
      'a@1.0.0': 'sha-a',
      'c@1.5.0': 'sha-c1',
      'd@4.0.0': 'sha-d',
      'native@0.1.0': 'sha-n',
    });
    expect(collect('c').packages).toEqual({ 'c@2.0.0': 'sha-c2' });
  });

  it('lets an optional peer of the workspace be absent, until it is installed', () => {
    const workspace = makeFolder();
    const imports = ['gpu/deep.js', 'strict'].map(fromRoot);
    const without = collectPackages(lockfile, imports, workspace);
    expect(without.packages).toEqual({ 'gpu@absent': 'optional' });
    expect(without.missing).toEqual(['strict']);
    // What is read to know it: an installation must be noticed.
    expect(without.described.slice(0, 2)).toEqual([
      'node_modules/gpu/package.json',
      '../node_modules/gpu/package.json',
    ]);

    mkdirSync(join(workspace, 'node_modules/gpu'), { recursive: true });
    writeFileSync(join(workspace, 'node_modules/gpu/package.json'), '{ "version": "1.2.3" }');
    const { packages } = collectPackages(lockfile, imports, workspace);
    expect(Object.keys(packages)).toEqual(['gpu@1.2.3']);
  });

  it('follows circles, scopes, peers and paths into packages', () => {
    const { packages, missing } = collect('@s/b/deep/file.js', 'a/other.js');
    expect(Object.keys(packages).sort()).toEqual([
      '@s/b@3.0.0',
      'a@1.0.0',
      'c@1.5.0',
      'c@2.0.0',
      'd@4.0.0',
      'native@0.1.0',
    ]);
    expect(missing).toEqual([]);
    expect(packageOf('@s/b/deep/file.js')).toBe('@s/b');
    expect(packageOf('a/other.js')).toBe('a');
  });

  it('takes what is installed but not locked by its own version, and says where it looked', () => {
    const workspace = makeFolder({ 'node_modules/loose/package.json': '{"version":"7.1.0"}' });
    expect(collectPackages({}, ['loose/x', 'gone'].map(fromRoot), workspace)).toEqual({
      packages: { 'loose@7.1.0': expect.stringMatching(/^content:/) as string },
      folders: ['node_modules/loose'],
      missing: ['gone'],
      described: expect.arrayContaining([
        'node_modules/loose/package.json',
        'node_modules/gone/package.json',
      ]) as string[],
    });
  });
});

describe('readLockfile', () => {
  it('reads the packages, and nothing where there is no readable lockfile', () => {
    const lock = JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } });
    expect(readLockfile(makeFolder({ 'package-lock.json': lock }))).toEqual({
      'node_modules/a': { version: '1.0.0' },
    });
    expect(readLockfile(makeFolder())).toEqual({});
    expect(readLockfile(makeFolder({ 'package-lock.json': '{' }))).toEqual({});
  });
});
