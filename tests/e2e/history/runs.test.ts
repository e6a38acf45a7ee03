import { EventEmitter, once } from 'node:events';
import { afterAll, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

/** Trains for as long as the file `hold` is there; a rate of 9 fails twice. */
function makeSweep(): Workspace {
  return makeWorkspace({
    'pipeline.yaml': `version: 1
params: { rates: [0.1], epochs: 3 }
stages:
  train:
    matrix: { lr: { param: rates } }
    name: "{{ lr }}"
    retries: 1
    command: |
      echo rate {{ lr }}
      while [ -e "\${HOLD:-}" ]; do sleep 0.05; done
      echo trained | tee {{ outputs.model }}; [ {{ lr }} != 9 ]
    env: [HOLD]
    outputs: { model: "models/{{ lr }}.txt" }
  plot: { command: "cat {{ inputs.m }} > {{ outputs.o }}", inputs: { m: { from: train, output: model } }, outputs: { o: plot.txt } }
`,
  });
}

/** The events of the third run. */
function newestLog(workspace: Workspace): string {
  const runs = workspace.names('.pipeline/runs');
  const path = `.pipeline/runs/${runs.at(-1)}/events.jsonl`;
  return runs.length < 3 || !workspace.exists(path) ? '' : workspace.read(path);
}

it('runs and logs are told after the fact, while they go on, and when they were killed', async () => {
  const workspace = makeSweep();
  const call = (...args: string[]) => workspace.start(args).result;
  await workspace.run();
  await workspace.run(['train', '--set', 'rates=[0.1,9]', '-k']);

  workspace.write('hold', '');
  const env = { HOLD: `${workspace.path}/hold` };
  const killed = workspace.start(['run', 'train/0.1'], { env });
  const isLogged = () => /0\.1.*"node-started"|"node-started".*0\.1/.test(newestLog(workspace));
  await workspace.until(isLogged);
  const listed = await call('runs', '--json');
  const follows = workspace.start(['log', 'train/0.1', '-f']);
  await once(follows.child.stdout ?? new EventEmitter(), 'data');
  killed.child.kill('SIGKILL');
  await killed.result;
  expect((await follows.result).stdout).toBe('rate 0.1\n');

  expect(JSON.parse(listed.stdout)).toMatchObject([
    { targets: [], end: 'done', executed: 2, cached: 0, settings: [] },
    { targets: ['train'], end: 'failed', cached: 1, failed: 1, settings: ['rates=[0.1,9]'] },
    { targets: ['train/0.1'], end: 'running' },
  ]);
  const { stdout: shown } = await call('runs', '-n', '2');
  expect(shown).toMatch(/failed 1 .*train .*--set 'rates=\[0\.1,9\]'\n/);
  expect(shown).toMatch(/killed .*'?train\/0\.1'?/);
  expect(shown).toContain('1 earlier run not shown');
  // The profile is the one that nobody would type.
  expect(shown).not.toContain('--profile');

  const failed = await call('log', 'train/9');
  expect(failed.stdout.match(/rate 9\ntrained\n/g)).toHaveLength(2);
  expect(failed.stderr).toMatch(/tried again\n.*attempt 2.*\nfailed after/);
  // It was cached there: the log is that of the run that made it.
  const cached = await call('log', 'train/0.1', '--run', 'latest~1');
  expect(cached.stdout).toBe('rate 0.1\ntrained\n');
  const unknown = await call('log', 'train/0.2');
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('did you mean')]);
  expect((await call('log', 'train/9', '--run', 'latest~7')).stderr).toContain('3 runs are kept');
  const words = await call('__complete', '--', 'log', '--run', 'la');
  expect(words.stdout).toContain('latest');
});
