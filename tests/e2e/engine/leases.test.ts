import { readFileSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type CommandOptions,
  canPretendHosts,
  makeWorkspace,
  nodesThat,
  parseEvents,
  type RunningCommand,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

/** One stage that comes to a gate, notes that it was let through, and writes what it read there. */
function makeGatedWorkspace(): Workspace {
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
stages:
  slow: { module: slow.ts, outputs: { o: out/slow } }
  after: { module: after.ts, inputs: { i: { from: slow, output: o } }, outputs: { o: out/after } }
`,
    'slow.ts': `
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
export const run = (c) => {
  const text = readFileSync(c.workspace + '/gate', 'utf8');
  appendFileSync(c.workspace + '/runs', 'x');
  writeFileSync(c.outputs.o, text);
};
`,
    'after.ts': `
import { copyFileSync } from 'node:fs';
export const run = (c) => copyFileSync(c.inputs.i[0].path, c.outputs.o);
`,
  });
  workspace.makeGate('gate');
  return workspace;
}

/** Lets a stage that comes to the gate go through with a text. */
async function letThrough(workspace: Workspace, text: string): Promise<void> {
  const gate = await workspace.arrival('gate');
  await gate.write(text);
  await gate.close();
}

interface WaitingRun extends RunningCommand {
  /** Until the run says that it waits for another process. @returns which: `host:pid` */
  readonly waiting: Promise<string>;
}

function startRun(workspace: Workspace, options: CommandOptions = {}): WaitingRun {
  let tell: (who: string) => void = () => {};
  const waiting = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const running = workspace.start(['run', '--json'], {
    ...options,
    onEvent: (event) => {
      if (event.type === 'node-waiting') tell(`${event.host}:${event.pid}`);
    },
  });
  return { ...running, waiting };
}

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** Kills a run with -9 whose stage is at the gate, and waits until that is gone too. */
async function killRun(
  workspace: Workspace,
  { child, result }: RunningCommand,
  gate: FileHandle,
): Promise<void> {
  const doomed = workspace.processes().filter((pid) => parentOf(pid) === child.pid);
  child.kill('SIGKILL');
  // At once: the next stage that comes to the gate must find it shut.
  await gate.close();
  expect(await result).toMatchObject({ signal: 'SIGKILL' });
  await workspace.until(() => !workspace.processes().some((pid) => doomed.includes(pid)));
}

describe('a process that holds a lease', () => {
  it('is waited for, by name, and its result counts as cached', async () => {
    const workspace = makeGatedWorkspace();
    const first = startRun(workspace);
    const gate = await workspace.arrival('gate');
    const second = startRun(workspace);
    const third = workspace.start(['run']);
    expect(await second.waiting).toMatch(new RegExp(`^.+:${first.child.pid}$`));
    // Readers do not wait.
    expect((await workspace.status())[0]).toMatchObject({ node: 'slow', state: 'run' });
    await gate.write('text');
    await gate.close();
    const results = await Promise.all([first.result, second.result, third.result]);
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(workspace.read('runs')).toBe('x');
    expect(nodesThat(parseEvents(results[1]), 'cached')).toContain('slow');
    expect(workspace.read('out/after')).toBe('text');
    const lines = results[2].stdout.split('\n');
    const told = lines.filter((line) => line.startsWith('[waiting] waiting for slow'));
    // The third may have come only when all was done.
    expect(told.length).toBeLessThan(2);
    expect(workspace.list('.pipeline/leases')).toEqual([]);
  });

  it('is replaced at once when it is killed, and the others still run its stage once', async () => {
    const workspace = makeGatedWorkspace();
    const first = startRun(workspace);
    const gate = await workspace.arrival('gate');
    const others = [startRun(workspace), startRun(workspace)];
    await Promise.all(others.map(({ waiting }) => waiting));
    await killRun(workspace, first, gate);
    await letThrough(workspace, 'text');
    const results = await Promise.all(others.map(({ result }) => result));
    expect(results.map(({ code, stderr }) => ({ code, stderr }))).toEqual([
      { code: 0, stderr: '' },
      { code: 0, stderr: '' },
    ]);
    const executed = results.flatMap((result) => nodesThat(parseEvents(result), 'executed'));
    expect(executed.sort()).toEqual(['after', 'slow']);
    expect(workspace.read('out/after')).toBe('text');
    expect(workspace.list('.pipeline/leases')).toEqual([]);
  });

  it('hands its stage on when that fails', async () => {
    const workspace = makeGatedWorkspace();
    workspace.edit(
      'slow.ts',
      "appendFileSync(c.workspace + '/runs', 'x');",
      "if (text === '') throw Error('empty');",
    );
    const first = startRun(workspace);
    const gate = await workspace.arrival('gate');
    const second = startRun(workspace);
    await second.waiting;
    await gate.close();
    expect(await first.result).toMatchObject({ code: 1 });
    await letThrough(workspace, 'text');
    expect(await second.result).toMatchObject({ code: 0, executed: 2 });
  });

  it('stops waiting at Ctrl-C', async () => {
    const workspace = makeGatedWorkspace();
    const first = startRun(workspace);
    const gate = await workspace.arrival('gate');
    const second = startRun(workspace);
    await second.waiting;
    second.child.kill('SIGINT');
    expect(await second.result).toMatchObject({ code: 130, executed: 0, failed: 0 });
    await gate.close();
    expect(await first.result).toMatchObject({ code: 0, executed: 2 });
  });
});

describe.skipIf(!canPretendHosts())('a process on another host (needs unshare --uts)', () => {
  const env = { PIPELINE_LEASE_SECONDS: '3' };

  it('is waited for as long as it beats, and replaced when it has been silent', async () => {
    const workspace = makeGatedWorkspace();
    const first = startRun(workspace, { env, host: 'far' });
    const gate = await workspace.arrival('gate');
    const second = startRun(workspace, { env, host: 'near' });
    expect(await second.waiting).toBe(`far:${first.child.pid}`);
    const [lease = ''] = workspace.list('.pipeline/leases');
    const beat = () => workspace.modified(lease);
    for (let beats = 0, last = beat(); beats < 3; beats++, last = beat()) {
      await workspace.until(() => beat() !== last);
    }
    expect(workspace.list('.pipeline/leases')).toEqual([lease]);
    await killRun(workspace, first, gate);
    await letThrough(workspace, 'text');
    expect(await second.result).toMatchObject({ code: 0, executed: 2, stderr: '' });
    expect(workspace.read('out/after')).toBe('text');
    expect(workspace.list('.pipeline/leases')).toEqual([]);
  });

  it('that comes back to life publishes nothing and takes what was made meanwhile', async () => {
    const workspace = makeGatedWorkspace();
    const first = startRun(workspace, { env, host: 'far' });
    const gate = await workspace.arrival('gate');
    const second = startRun(workspace, { env, host: 'near' });
    await second.waiting;
    // The stage goes on to its end while its engine is stopped.
    first.child.kill('SIGSTOP');
    await gate.write('late');
    await gate.close();
    await workspace.until(() => workspace.exists('runs'));
    await letThrough(workspace, 'text');
    expect(await second.result).toMatchObject({ code: 0, executed: 2 });
    first.child.kill('SIGCONT');
    const late = await first.result;
    expect(late).toMatchObject({ code: 0, executed: 0, cached: 2, stderr: '' });
    expect(workspace.read('runs')).toBe('xx');
    expect(workspace.read('out/slow')).toBe('text');
    expect(workspace.read('out/after')).toBe('text');
    expect(workspace.cacheFaults()).toEqual([]);
    expect(workspace.list('.pipeline/leases')).toEqual([]);
  });
});
