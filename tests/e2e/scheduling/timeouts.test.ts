import { afterAll, describe, expect, it } from 'vitest';
import {
  makeWorkspace,
  nodesThat,
  parseEvents,
  removeWorkspaces,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

describe('a stage with a timeout', () => {
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
stages:
  slow: { command: 'bash deaf.sh & setsid bash deaf.sh & wait; touch {{ outputs.o }}', outputs: { o: out/slow }, timeout: 2s }
  kept: { module: kept.ts, outputs: { o: out/kept }, timeout: 1s }
  quick: { command: 'echo x > {{ outputs.o }}', outputs: { o: out/quick }, timeout: 30d }
`,
    // Grandchildren of the stage's process that hear no polite signal, nor do their children; one
    // leaves the process group.
    'deaf.sh': "trap '' TERM\necho x >> started\nwhile :; do sleep 1000; done\n",
    'kept.ts': `
import { existsSync, writeFileSync } from 'node:fs';
export async function run(c) {
  if (existsSync(c.scratch + '/half')) return writeFileSync(c.outputs.o, 'whole');
  writeFileSync(c.scratch + '/half', 'x');
  await new Promise((resolve) => setTimeout(resolve, 1e9));
}`,
  });

  it('is ended with all its processes when its time is up, and says so', async () => {
    // On a busy machine the time may be up before both grandchildren are there.
    for (;;) {
      workspace.remove('started');
      const result = await workspace.run(['slow', '--json']);
      expect(result).toMatchObject({ code: 1, failed: 1 });
      const failure = parseEvents(result).find(({ type }) => type === 'node-failed');
      expect(failure).toMatchObject({ message: 'timed out after 2s: stage slow' });
      if (workspace.exists('started') && workspace.read('started') === 'x\nx\n') break;
    }
    await workspace.untilDeserted();
    expect(workspace.exists('out/slow')).toBe(false);
    expect(workspace.list('.pipeline/tmp')).toEqual([]);
  });

  it('goes on from its scratch folder next time', async () => {
    // The first attempts may end before they have written anything.
    for (let code: number | null = 1; code !== 0; ) ({ code } = await workspace.run(['kept']));
    expect(workspace.read('out/kept')).toBe('whole');
  });

  it('ends well within its time, and a change of the timeout reruns nothing', async () => {
    expect(await workspace.run(['quick'])).toMatchObject({ code: 0, executed: 1 });
    workspace.edit('pipeline.yaml', 'timeout: 30d', 'timeout: 1.5h');
    const again = await workspace.run(['quick', '--json']);
    expect(nodesThat(parseEvents(again), 'cached')).toEqual(['quick']);
  });
});
