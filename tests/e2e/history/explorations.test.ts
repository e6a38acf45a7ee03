import { afterAll, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

it('an exploration has its outputs apart, and its results from the cache that all runs share', async () => {
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
params: { ks: [1, 2], word: a }
stages:
  make: { matrix: { k: { param: ks } }, command: "echo {{ k }} {{ word }} > {{ outputs.o }}", outputs: { o: "runs/{{ k }}.txt" } }
  plot: { params: [overrides], command: "cat {{ inputs.m }} > {{ outputs.o }}", inputs: { m: { from: make, output: o } }, outputs: { o: results/plot } }
`,
  });
  const call = (...args: string[]) => workspace.start(args).result;
  expect((await call('run', '--as', 'x')).stderr).toContain('add "explorations: explorations"');
  await workspace.run();
  workspace.edit('pipeline.yaml', 'version: 1', 'version: 1\nexplorations: tries');

  expect(await workspace.run(['--as', 'same'])).toMatchObject({ executed: 0, cached: 3 });
  expect(workspace.read('tries/same/results/plot')).toBe('1 a\n2 a\n');
  const set = ['--set', 'word=b', '--as', 'other'];
  expect(await workspace.run(set)).toMatchObject({ executed: 3 });
  expect(workspace.read('tries/other/results/plot')).toBe('1 b\n2 b\n');
  expect(workspace.read('results/plot')).toBe('1 a\n2 a\n');
  expect((await workspace.status(set)).map(({ state }) => state)).toEqual(
    Array(3).fill('up-to-date'),
  );

  // What is said to change and does not is no change; a figure that names changes is made again alone.
  expect(await workspace.run(['--set', 'word=a'])).toMatchObject({ executed: 0 });
  expect((await call('clean', '--stale')).stdout).toContain('removed 0 outputs');
  workspace.edit('pipeline.yaml', '[1, 2]', '[1]');
  expect((await call('clean', '--stale')).stdout).toMatch(/removed runs\/2\.txt\nremoved 1 output/);
  const stale = await call('clean', '--stale', ...set);
  expect(stale.stdout).toContain('removed tries/other/runs/2.txt');
  expect(workspace.list('tries/same')).toHaveLength(3);
  const runs = JSON.parse((await call('runs', '--json')).stdout);
  expect(runs.map(({ as }: { as: string | null }) => as)).toEqual([null, 'same', 'other', null]);
  expect((await call('run', '--as', '../x')).stderr).toContain('cannot be the name');
});
