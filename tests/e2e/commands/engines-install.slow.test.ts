import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';
import {
  buildWheel,
  engines,
  FAKE_COMPILER,
  FAKE_NPM,
  makeCommandsWorkspace,
  PYTHON,
  sha256,
  TENSORFLOW_FILES,
  toolsOnly,
  writePython,
  writeTool,
} from './engines-workspace.ts';

afterAll(removeWorkspaces);

const INSTALL = ['install', 'tfjs-node', '--libtensorflow', 'library'];

/** A workspace with npm and a C library, and this program as its compiler. */
function withCompiler(program: string): Workspace {
  const workspace = makeCommandsWorkspace();
  writeTool(workspace, 'npm', FAKE_NPM);
  writeTool(workspace, 'c++', program);
  workspace.write('library/lib/libtensorflow.so.2', 'code');
  workspace.write('library/lib/libtensorflow_framework.so.2', 'more code');
  workspace.write('library/include/tensorflow/c/eager/c_api.h', '// declarations');
  return workspace;
}

/** Starts an installation whose compiler never ends, and waits until it is at that step. */
async function startCompiling(workspace: Workspace) {
  const running = workspace.start(['engines', ...INSTALL], { env: toolsOnly(workspace) });
  const { stdout } = running.child;
  await new Promise<void>((resolve) =>
    stdout?.on('data', (text) => String(text).includes('Compiling') && resolve()),
  );
  return running;
}

const ENDLESS = FAKE_COMPILER.replace(/else writeFileSync.*/, 'else setInterval(() => {}, 1000);');

describe('pipeline engines', () => {
  const workspace = makeCommandsWorkspace();

  it('says how to use it', async () => {
    const { code, stdout } = await engines(workspace, []);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: pipeline engines install tfjs-node \[--gpu\]/);
    for (const args of [['install'], ['install', 'pytorch'], ['install', 'tfjs-node', '--cuda']]) {
      const { code, stderr } = await engines(workspace, args);
      expect(code).toBe(1);
      expect(stderr).toContain('Usage: pipeline engines install tfjs-node');
      expect(stderr).not.toMatch(/\n\s+at /);
    }
  });

  it('names everything that is missing with the command that brings it', async () => {
    const { code, stderr } = await engines(workspace, ['install', 'tfjs-node']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^pipeline engines: this is missing:\n- npm, /);
    expect(stderr).toMatch(/^- a C\+\+ compiler.*apt install g\+\+/m);
    expect(stderr).toMatch(/^- Python 3 with pip.*apt install python3-pip/m);
    expect(workspace.list('node_modules')).toEqual([]);
  });

  it('names pip where Python has none', async () => {
    const program = `process.exitCode = process.argv.includes('pip') ? 1 : 0; console.log('Python 3.11.7')`;
    writeTool(workspace, 'python3', program);
    const { code, stderr } = await engines(workspace, ['install', 'tfjs-node']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^- pip 22\.2 or later.*ensurepip/m);
    expect(stderr).not.toContain('Python 3 with pip');
  });

  it('says what a folder lacks that is named as the library', async () => {
    workspace.write('empty/file', '');
    workspace.write('headless/libtensorflow_cc.so.2', 'code');
    const install = async (folder: string) =>
      (await engines(workspace, ['install', 'tfjs-node', '--libtensorflow', folder])).stderr;
    expect(await install('nowhere')).toContain('nowhere, which is no folder');
    expect(await install('empty')).toContain('holds libtensorflow.so.2 or libtensorflow_cc.so.2');
    expect(await install('headless')).toMatch(
      /include\/tensorflow\/c\/eager\/c_api\.h does not exist/,
    );
  });
});

describe('an installation that fails leaves nothing', () => {
  it('where the binding does not compile; it shows what the compiler said', async () => {
    const workspace = withCompiler(
      FAKE_COMPILER.replace(
        /else writeFileSync.*/,
        `else { console.error("error: 'TF_Tensor' was not declared"); process.exit(1); }`,
      ),
    );
    const { code, stderr } = await engines(workspace, INSTALL);
    expect(code).toBe(1);
    expect(stderr).toContain("error: 'TF_Tensor' was not declared");
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(workspace.list('node_modules')).toEqual([]);
  });

  it('where what was built does not train', async () => {
    const workspace = withCompiler(FAKE_COMPILER);
    const { code, stderr } = await engines(workspace, INSTALL);
    expect(code).toBe(1);
    expect(stderr).toContain('what was built does not work: no kernels here');
    expect(workspace.list('node_modules')).toEqual([]);
    expect(workspace.list('library')).toHaveLength(3);
  });

  it('and what was installed before stays', async () => {
    const workspace = withCompiler(FAKE_COMPILER);
    const before = 'node_modules/@tensorflow/tfjs-node/package.json';
    workspace.write(before, '{"version": "1.0.0"}');
    const { code, stdout } = await engines(workspace, INSTALL);
    expect(code).toBe(1);
    expect(stdout).toMatch(/The installed tfjs-node does not work .*; replacing it/);
    expect(workspace.list('node_modules')).toEqual([before]);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('where %s interrupts it', async (signal, expected) => {
    const workspace = withCompiler(ENDLESS);
    const { child, result } = await startCompiling(workspace);
    child.kill(signal);
    const { code, stderr } = await result;
    expect([code, stderr]).toEqual([
      expected,
      'pipeline engines: interrupted; nothing was installed\n',
    ]);
    expect(workspace.list('node_modules')).toEqual([]);
    expect(workspace.processes()).toEqual([]);
  });

  it('where it was killed, once the next one runs', async () => {
    const workspace = withCompiler(ENDLESS);
    const { child, result } = await startCompiling(workspace);
    child.kill('SIGKILL');
    await result;
    await workspace.untilDeserted();
    expect(workspace.list('node_modules')).not.toEqual([]);
    const other = `node_modules/.tfjs-node-${hostname()}-${process.pid}-0123456789abcdef/file`;
    workspace.write(other, 'of a process that is alive');
    writeTool(workspace, 'c++', FAKE_COMPILER);
    await engines(workspace, INSTALL);
    expect(workspace.list('node_modules')).toEqual([other]);
  });
});

describe.skipIf(PYTHON === null)('a wheel', () => {
  /** Installs from a wheel of these files, about which the index says the truth unless told. */
  async function installWheel(
    files: Readonly<Record<string, string>>,
    {
      record,
      digest,
      options = [],
    }: { record?: string; digest?: string | null; options?: readonly string[] } = {},
  ) {
    const workspace = makeCommandsWorkspace();
    writeTool(workspace, 'npm', FAKE_NPM);
    writeTool(workspace, 'c++', FAKE_COMPILER);
    const wheel = buildWheel(workspace, files, record);
    writePython(workspace, { wheel, sha256: digest === undefined ? sha256(wheel) : digest });
    const { code, stderr } = await engines(workspace, ['install', 'tfjs-node', ...options]);
    expect(code).toBe(1);
    expect(workspace.list('node_modules')).toEqual([]);
    expect(existsSync(join(workspace.path, 'evil'))).toBe(false);
    return stderr;
  }

  it('that is whole is unpacked, built and tried', async () => {
    expect(await installWheel(TENSORFLOW_FILES)).toMatch(
      /does not work: no kernels here, but lib lib\/libtensorflow_cc\.so\.2 lib\/libtensorflow_framework\.so\.2$/m,
    );
  });

  it('brings CUDA’s libraries to where TensorFlow’s looks for them, with --gpu', async () => {
    const files = { ...TENSORFLOW_FILES, 'nvidia/cublas/lib/libcublas.so.12': 'CUDA' };
    const stderr = await installWheel(files, { options: ['--gpu'] });
    expect(stderr).toMatch(/no kernels here, but .* nvidia\/cublas\/lib\/libcublas\.so\.12$/m);
  });

  it('with another digest than the index tells is refused', async () => {
    const stderr = await installWheel(TENSORFLOW_FILES, { digest: '0'.repeat(64) });
    expect(stderr).toMatch(
      /\.whl is damaged: its SHA-256 is [0-9a-f]{64}, but the index says 0{64}/,
    );
  });

  it('about which the index tells no digest is refused', async () => {
    const stderr = await installWheel(TENSORFLOW_FILES, { digest: null });
    expect(stderr).toContain('the index of pip gives no SHA-256 for tensorflow_cpu-9.9.9');
  });

  it.each(['../evil', '/evil', 'tensorflow/../../evil', 'C:\\evil'])(
    'with the path %s is refused',
    async (path) => {
      const stderr = await installWheel({ ...TENSORFLOW_FILES, [path]: 'evil' });
      expect(stderr).toContain('leaves the folder');
    },
  );

  it('of which a file is not what its RECORD lists is refused', async () => {
    const stderr = await installWheel(TENSORFLOW_FILES, { record: 'tensorflow/x,sha256=x,1\n' });
    expect(stderr).toContain(
      "'tensorflow/libtensorflow_cc.so.2' is not the one that its RECORD lists",
    );
  });

  it('without headers is refused', async () => {
    const { 'tensorflow/include/tensorflow/c/eager/c_api.h': _, ...headless } = TENSORFLOW_FILES;
    expect(await installWheel(headless)).toContain('c_api.h does not exist');
  });
});
