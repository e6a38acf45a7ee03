import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';
import { makeRobustWorkspace, nodeCount } from './robust-pipeline.ts';

afterAll(removeWorkspaces);

describe('a run whose whole process group is killed', () => {
  let undisturbed: Record<string, Record<string, string>>;
  let eventCount = 0;

  beforeAll(async () => {
    const workspace = makeRobustWorkspace();
    const { stdout } = await workspace.run(['--json', '--jobs', '2']);
    eventCount = stdout.trim().split('\n').length;
    undisturbed = await workspace.digests();
    expect(Object.keys(undisturbed)).toHaveLength(nodeCount);
  });

  it('is finished by the next one with equal digests, at whatever event it died', async () => {
    const workspace = makeRobustWorkspace();
    // Moments spread over the run by the golden ratio, from a fixed seed.
    const moments = Array.from({ length: 6 }, (_, i) => (0.31 + i * 0.618) % 1);
    for (const moment of moments) {
      const target = 1 + Math.floor(moment * eventCount);
      let seen = 0;
      const { child, result } = workspace.start(['run', '--json', '--jobs', '2'], {
        detached: true,
        onEvent: () => {
          seen += 1;
          if (seen === target && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
        },
      });
      await result;
      await workspace.untilDeserted();
      expect(workspace.cacheFaults()).toEqual([]);
      // Half of the time from nothing, half of the time from where the last one died.
      if (moment > 0.5) workspace.remove('.pipeline/cache');
    }
    expect(await workspace.run()).toMatchObject({ code: 0, failed: 0 });
    expect(await workspace.digests()).toEqual(undisturbed);
    expect(workspace.cacheFaults()).toEqual([]);
    expect(workspace.list('.pipeline/tmp')).toEqual([]);
    expect(workspace.list('.pipeline').filter((path) => path.endsWith('.tmp'))).toEqual([]);
  });

  it('takes its stages along: one that waits, one that never pauses, one of the shell', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  waits: { module: waits.ts, outputs: { o: waits } }
  busy: { module: busy.ts, outputs: { o: busy } }
  shell: { command: "trap '' TERM; (trap '' TERM; cat < gate-shell; sleep 1000) & wait", outputs: { o: shell } }
`,
      'waits.ts': `
import { readFileSync } from 'node:fs';
export const run = (c) => {
  process.on('SIGTERM', () => {});
  readFileSync(c.workspace + '/gate-waits');
  return new Promise((resolve) => setTimeout(resolve, 1e9));
};
`,
      'busy.ts': `
import { readFileSync } from 'node:fs';
export const run = (c) => {
  readFileSync(c.workspace + '/gate-busy');
  for (;;) {}
};
`,
    });
    const gates = ['gate-waits', 'gate-busy', 'gate-shell'];
    for (const gate of gates) workspace.makeGate(gate);
    const { child, result } = workspace.start(['run', '--jobs', '3'], { detached: true });
    for (const gate of gates) await (await workspace.arrival(gate)).close();
    expect(workspace.processes().length).toBeGreaterThan(4);
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    expect(await result).toMatchObject({ signal: 'SIGKILL' });
    await workspace.untilDeserted();
  });
});
