import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

const PROGRAM = `
  const { loadRuntime } = await import(${JSON.stringify(resolve('experiment/training/onnx/runtime.ts'))});
  const runtime = await loadRuntime({ threads: 1 });
  await runtime.openSession({ name: 'none', inputs: [], outputs: [], constants: [], nodes: [] })
    .catch(() => 'an empty graph is refused, once the library runs');
`;

async function temporaryHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'home-'));
  onTestFinished(() => rm(home, { recursive: true }));
  return home;
}

/** Runs the program in a process of its own, with `home` as home, and ORT's switch not set. */
function runProgram(home: string, wrapper: readonly string[] = []): number | null {
  const { ORT_DISABLE_TELEMETRY: _, ...env } = process.env;
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '--eval', PROGRAM];
  const [command = '', ...args] = [...wrapper, ...node];
  return spawnSync(command, args, { env: { ...env, HOME: home } }).status;
}

describe('loading onnxruntime', () => {
  it('writes nothing into the home folder', async () => {
    const home = await temporaryHome();
    expect(runProgram(home)).toBe(0);
    expect(await readdir(home)).toEqual([]);
  });

  it('opens no network connection', async (context) => {
    if (spawnSync('strace', ['-V']).status !== 0) context.skip('strace is not installed');
    const home = await temporaryHome();
    const trace = join(await temporaryHome(), 'trace');
    expect(runProgram(home, ['strace', '-f', '-e', 'trace=socket,connect', '-o', trace])).toBe(0);
    expect(await readFile(trace, 'utf8')).not.toMatch(/AF_INET/);
  });
});
