import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const files = {
  'pipeline.yaml': `version: 1
stages:
  done: { template: a.njk, outputs: { o: out/done } }
  polite: { module: polite.ts, outputs: { o: out/polite } }
  stubborn: { module: stubborn.ts, outputs: { o: out/stubborn } }
  shell: { command: "cat gate-shell > {{ outputs.o }}; if [ -e wait ]; then sleep 1000; fi", outputs: { o: out/shell } }
  later: { template: a.njk, needs: [polite], outputs: { o: out/later } }
`,
  'a.njk': 'text',
  'polite.ts': `
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
export async function run(c) {
  writeFileSync(c.outputs.o, 'polite');
  if (!existsSync(c.workspace + '/wait')) return;
  readFileSync(c.workspace + '/gate-polite');
  const timer = setInterval(() => {}, 1000);
  await new Promise((resolve) => c.signal.addEventListener('abort', resolve));
  clearInterval(timer);
  throw new Error('stopped');
}
`,
  'stubborn.ts': `
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
export async function run(c) {
  writeFileSync(c.outputs.o, 'stubborn');
  if (!existsSync(c.workspace + '/wait')) return;
  process.on('SIGTERM', () => {});
  readFileSync(c.workspace + '/gate-stubborn');
  await new Promise((resolve) => setTimeout(resolve, 1e9));
}
`,
};

/** A run that has started all three stages, which now wait for ever. */
async function startWaiting(args: readonly string[] = []) {
  const workspace = makeWorkspace({ ...files, wait: '' });
  const gates = ['gate-polite', 'gate-stubborn', 'gate-shell'];
  for (const gate of gates) workspace.makeGate(gate);
  const running = workspace.start(['run', '--jobs', '3', ...args]);
  for (const gate of gates) await (await workspace.arrival(gate)).close();
  return { workspace, ...running };
}

describe('Ctrl-C', () => {
  it('stops all stages, keeps what was done, leaves nothing behind and ends with 130', async () => {
    const { workspace, child, result } = await startWaiting();
    child.kill('SIGINT');
    const { code, stdout, stderr, executed, failed } = await result;
    expect(code).toBe(130);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/interrupt/i);
    expect(stdout).toMatch(/^\[stopped\] polite after \d+\.\d s: the run was interrupted$/m);
    expect(stdout).toMatch(/^\[skipped\] later: the run was interrupted$/m);
    expect([executed, failed], stdout).toEqual([1, 0]);
    const [run] = workspace.names('.pipeline/runs');
    expect(workspace.read(`.pipeline/runs/${run}/events.jsonl`)).toContain('"run-interrupted"');
    expect(workspace.processes()).toEqual([]);
    expect(workspace.list('.pipeline/tmp')).toEqual([]);
    expect(workspace.list('out')).toEqual(['out/done']);
    expect(workspace.cacheFaults()).toEqual([]);

    workspace.remove('wait');
    workspace.remove('gate-shell');
    workspace.write('gate-shell', 'shell');
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 4, cached: 1 });
    expect(workspace.read('out/shell')).toBe('shell');
  });

  it('twice ends at once, and the stages end too', async () => {
    const { workspace, child, result } = await startWaiting(['--json']);
    child.kill('SIGINT');
    // The first one has arrived when the run says so.
    await new Promise((resolve) =>
      child.stdout?.on('data', (text) => String(text).includes('run-interrupted') && resolve(null)),
    );
    child.kill('SIGINT');
    expect((await result).code).toBe(130);
    await workspace.untilDeserted();
    workspace.remove('wait');
    workspace.remove('gate-shell');
    workspace.write('gate-shell', 'shell');
    expect(await workspace.run()).toMatchObject({ code: 0, failed: 0 });
    expect(workspace.list('.pipeline/tmp')).toEqual([]);
  });
});
