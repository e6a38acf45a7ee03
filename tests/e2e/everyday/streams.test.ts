import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import {
  isRoot,
  makeWorkspace,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const program = fileURLToPath(new URL('../../../pipeline/bin/pipeline.js', import.meta.url));

/** One stage that waits at a gate, and one that fails. */
function makeGated(failing = false): Workspace {
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
stages:
  a: { command: "cat gate > {{ outputs.o }}", outputs: { o: a.txt } }
${failing ? '  b: { command: "exit 3", inputs: { i: { from: a, output: o } }, outputs: { o: b.txt } }' : ''}
`,
  });
  workspace.makeGate('gate');
  return workspace;
}

/** Opens a pseudo-terminal for a command; hangs up when its own standard input ends. */
const TERMINAL = `
import os, sys, pty, fcntl, termios
master, slave = pty.openpty()
controlling = sys.argv[1] == 'controlling'
pid = os.fork()
if pid == 0:
    os.setsid()
    os.close(master)
    if controlling: fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2): os.dup2(slave, fd)
    os.execvp(sys.argv[2], sys.argv[2:])
os.close(slave)
sys.stdin.read()
os.close(master)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)
`;

const hasPython = canRun('python3', ['-c', 'import os; os.waitstatus_to_exitcode']);
const hasNohup = canRun('nohup', ['--version']);

function canRun(file: string, args: readonly string[]): boolean {
  try {
    execFileSync(file, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Runs the pipeline on a terminal that is taken away by ending the input of the process. */
function startOnTerminal({ path }: Workspace, kind: 'controlling' | 'borrowed'): ChildProcess {
  const args = ['-c', TERMINAL, kind, process.execPath, program, 'run'];
  return spawn('python3', args, { cwd: path, stdio: ['pipe', 'ignore', 'inherit'] });
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('close', (code) => resolve(code)));
}

/** Lets the stage that waits at the gate go on. */
async function letThrough(workspace: Workspace): Promise<void> {
  const gate = await workspace.arrival('gate');
  await gate.write('text');
  await gate.close();
}

describe.skipIf(!hasPython)('a terminal that goes away (needs python3)', () => {
  it('does not stop a run that it does not control, nor change its exit code', async () => {
    const [good, bad] = [makeGated(), makeGated(true)];
    const codes = [good, bad].map(async (workspace) => {
      const child = startOnTerminal(workspace, 'borrowed');
      const gate = await workspace.arrival('gate');
      child.stdin?.end();
      await gate.write('text');
      await gate.close();
      return ended(child);
    });
    expect(await Promise.all(codes)).toEqual([0, 1]);
    expect(good.read('a.txt')).toBe('text');
    expect(bad.read('a.txt')).toBe('text');
  });

  it('ends the run that it controls in order, which goes on the next time', async () => {
    const workspace = makeGated();
    const child = startOnTerminal(workspace, 'controlling');
    const gate = await workspace.arrival('gate');
    child.stdin?.end();
    expect(await ended(child)).toBe(130);
    await gate.close();
    await workspace.untilDeserted();
    expect(workspace.list('.pipeline/tmp')).toEqual([]);
    expect(workspace.list('.pipeline/leases')).toEqual([]);
    const [log = ''] = workspace.list('.pipeline/runs').filter((path) => path.endsWith('.jsonl'));
    expect(workspace.read(log)).toContain('the run was interrupted');
    const next = workspace.run();
    await letThrough(workspace);
    expect(await next).toMatchObject({ code: 0, executed: 1 });
  });
});

describe('SIGHUP', () => {
  it.skipIf(!hasNohup)('does not stop a run under nohup (needs nohup)', async () => {
    const workspace = makeGated();
    const { child, result } = workspace.start(['run'], { within: ['nohup'] });
    const gate = await workspace.arrival('gate');
    child.kill('SIGHUP');
    child.kill('SIGHUP');
    await gate.write('text');
    await gate.close();
    const { code, executed, stdout } = await result;
    expect({ code, executed }).toEqual({ code: 0, executed: 1 });
    expect(stdout).not.toContain('interrupted');
    expect(workspace.read('a.txt')).toBe('text');
  });

  it('stops a run beside nohup as it would: SIGTERM still ends it in order', async () => {
    const workspace = makeGated();
    const { child, result } = workspace.start(['run'], { within: hasNohup ? ['nohup'] : [] });
    const gate = await workspace.arrival('gate');
    child.kill('SIGTERM');
    expect(await result).toMatchObject({ code: 130, executed: 0 });
    await gate.close();
  });
});

describe('a run that is stopped and goes on (Ctrl-Z, fg)', () => {
  it('ends as if nothing had been', async () => {
    const workspace = makeGated();
    const { child, result } = workspace.start(['run']);
    const gate = await workspace.arrival('gate');
    child.kill('SIGSTOP');
    await gate.write('text');
    await gate.close();
    child.kill('SIGCONT');
    expect(await result).toMatchObject({ code: 0, executed: 1 });
  });
});

describe('output that cannot be written', () => {
  /** Runs a command with its output on a device that is always full. */
  async function onFullDevice(
    { path }: Workspace,
    args: readonly string[],
  ): Promise<{ code: number | null; stderr: string }> {
    const full = openSync('/dev/full', 'w');
    const stdio = ['ignore', full, 'pipe'] as const;
    const child = spawn(process.execPath, [program, ...args], { cwd: path, stdio: [...stdio] });
    closeSync(full);
    let stderr = '';
    child.stderr?.on('data', (text: Buffer) => {
      stderr += String(text);
    });
    return { code: await ended(child), stderr };
  }

  it('does not stop a run, whose exit code is that of its stages', async () => {
    const files = (command: string) => ({
      'pipeline.yaml': `version: 1\nstages: { a: { command: "${command}", outputs: { o: a.txt } } }\n`,
    });
    const good = makeWorkspace(files('echo 1 > {{ outputs.o }}'));
    const bad = makeWorkspace(files('exit 3'));
    expect(await onFullDevice(good, ['run'])).toEqual({ code: 0, stderr: '' });
    expect(await onFullDevice(bad, ['run', '--json'])).toEqual({ code: 1, stderr: '' });
    expect(good.read('a.txt')).toBe('1\n');
    // Who asked for the state of nodes must not take an empty file for it.
    const status = await onFullDevice(good, ['status', '--json']);
    expect(status.code).toBe(2);
    expect(status.stderr).toMatch(/^pipeline: its output cannot be written: ENOSPC/);
  });

  it('does not stop a run whose reader has gone', async () => {
    const workspace = makeGated();
    const { child, result } = workspace.start(['run']);
    const gate = await workspace.arrival('gate');
    child.stdout?.destroy();
    child.stderr?.destroy();
    await gate.write('text');
    await gate.close();
    expect(await result).toMatchObject({ code: 0 });
    expect(workspace.read('a.txt')).toBe('text');
  });
});

describe('the folder of a run', () => {
  it('may be removed while the run is under way', async () => {
    const workspace = makeGated();
    const { result } = workspace.start(['run']);
    const gate = await workspace.arrival('gate');
    workspace.remove('.pipeline/runs');
    await gate.write('text');
    await gate.close();
    expect(await result).toMatchObject({ code: 0, executed: 1 });
    expect(workspace.read('a.txt')).toBe('text');
    const [log = ''] = workspace.list('.pipeline/runs').filter((path) => path.endsWith('.jsonl'));
    expect(workspace.read(log)).toContain('"run-finished"');
    expect(await workspace.run()).toMatchObject({ code: 0, cached: 1 });
  });

  it('that cannot be written any more stops no run: it is said, and failures are shown all the same', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  a: { command: "cat gate > {{ outputs.o }}", outputs: { o: a.txt } }
  b: { command: "echo told; exit 3", inputs: { i: { from: a, output: o } }, outputs: { o: b.txt } }
`,
    });
    workspace.makeGate('gate');
    const running = workspace.run(['--keep-going']);
    const gate = await workspace.arrival('gate');
    workspace.remove('.pipeline/runs');
    workspace.write('.pipeline/runs', 'no folder');
    await gate.write('text');
    await gate.close();
    const { code, executed, failed, stdout, stderr } = await running;
    expect({ code, executed, failed }).toEqual({ code: 1, executed: 1, failed: 1 });
    expect(stdout).toContain('[log] b: told\n');
    expect(stderr).toMatch(/^pipeline: this run is not reported in full: .*(ENOTDIR|EEXIST)/);
    expect(workspace.read('a.txt')).toBe('text');
  });

  it.skipIf(!isRoot)('that fills up stops no run (needs root, for a small disk)', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  a: { command: "yes | head -c 300000; echo 1 > {{ outputs.o }}", outputs: { o: a.txt } }
  b: { command: "echo 2 > {{ outputs.o }}; exit 3", outputs: { o: b.txt } }
`,
    });
    workspace.write('.pipeline/runs/x', '');
    const runs = join(workspace.path, '.pipeline/runs');
    const small = `mount -t tmpfs -o size=64k none ${runs} && exec "$@"`;
    const within = ['unshare', '--mount', 'sh', '-c', small, 'sh'];
    const result = await workspace.run(['--keep-going'], { within });
    expect(result.failed).toBeGreaterThan(0);
    expect(result).toMatchObject({ code: 1 });
    // Nothing is lost without a word, and nobody sees a stack.
    expect(`${result.stdout}${result.stderr}`).not.toMatch(/\n\s+at .*:\d+:\d+/);
    expect(result.stdout).toMatch(/\[(done|failed)\] a/);
    expect(result.stdout).toContain('[failed] b');
  });
});
