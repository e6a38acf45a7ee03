import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { removeWorkspaces } from '../../fixtures/workspace.ts';
import { makeCommandsWorkspace } from './engines-workspace.ts';

afterAll(removeWorkspaces);

const succeeds = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
const pip = ['-m', 'pip', 'install', '--dry-run', '--ignore-installed', '--no-deps'];
const isOffered = succeeds('python3', ...pip, '--only-binary=:all:', 'tensorflow-cpu');
const isCompiled = succeeds('c++', '--version');

const PROGRAM = `
const util = require('node:util');
util.isNullOrUndefined ??= (value) => value == null;
util.isArray ??= Array.isArray;
const tf = require('@tensorflow/tfjs-node');
console.log(tf.getBackend(), tf.matMul(tf.ones([1, 3]), tf.ones([3, 1])).dataSync()[0]);
`;

describe.skipIf(!isOffered)('pip offers tensorflow-cpu', () => {
  describe.skipIf(!isCompiled)('and there is a C++ compiler: an installed tfjs-node', () => {
    const workspace = makeCommandsWorkspace();
    const engines = (...args: string[]) => workspace.start(['engines', ...args]).result;
    const compute = () =>
      execFileSync(process.execPath, ['-e', PROGRAM], {
        cwd: workspace.path,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    const FOLDER = 'node_modules/@tensorflow/tfjs-node';
    const describeVersion = () =>
      (JSON.parse(workspace.read(`${FOLDER}/package.json`)) as { version: string }).version;

    it('computes, is named after its TensorFlow, and is all that is there', async () => {
      const { code, stdout, stderr } = await engines('install', 'tfjs-node');
      expect([code, stderr], stdout).toEqual([0, '']);
      expect(describeVersion()).toMatch(/^4\.22\.0\+tensorflow\.\d+\.\d+\.\d+$/);
      expect(compute()).toBe('tensorflow 3\n');
      const others = workspace.list('node_modules').filter((path) => !path.startsWith(FOLDER));
      expect(others).toEqual([]);
    });

    it('is not installed again unless that is asked for', async () => {
      const { code, stdout } = await engines('install', 'tfjs-node');
      expect([code, stdout]).toEqual([
        0,
        expect.stringMatching(/^tfjs-node is installed and works/),
      ]);
    });

    it('is replaced by one of a library that the user names, whose files stay', async () => {
      // Headers are not kept in the package; those of the wheel are unpacked once more.
      const wheels = join(workspace.path, 'wheels');
      const download = ['-m', 'pip', 'download', '--no-deps', '--dest', wheels, 'tensorflow-cpu'];
      execFileSync('python3', download, { stdio: 'ignore' });
      const unzip = `import glob, zipfile; zipfile.ZipFile(glob.glob("*.whl")[0]).extractall("all")`;
      execFileSync('python3', ['-c', unzip], { cwd: wheels });
      const library = join(workspace.path, 'library');
      mkdirSync(join(library, 'lib'), { recursive: true });
      const all = join(wheels, 'all', 'tensorflow');
      cpSync(join(all, 'include'), join(library, 'include'), { recursive: true });
      for (const name of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']) {
        cpSync(join(all, name), join(library, 'lib', name));
      }
      const before = workspace.list('library').length;
      const args = ['install', 'tfjs-node', '--force', '--libtensorflow', 'library'];
      const { code, stdout, stderr } = await engines(...args);
      expect([code, stderr], stdout).toEqual([0, '']);
      expect(stdout).toContain(`Using ${library}\n`);
      expect(compute()).toBe('tensorflow 3\n');
      expect(workspace.list('library')).toHaveLength(before);
    });
  });
});
