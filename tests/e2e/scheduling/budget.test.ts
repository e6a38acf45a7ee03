import { afterAll, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

/** What `plan --json` tells of the cost. */
interface Told {
  readonly finish: { readonly most: number };
  readonly nodes: readonly { readonly node: string; readonly predictedFrom: string | null }[];
  readonly cost: {
    readonly total: { readonly nodeHours: { readonly least: number; readonly most: number } };
    readonly unknown: readonly string[];
    readonly jobs: { readonly tasks: number; readonly submissions: number } | null;
  };
}

const PIPELINE = `version: 1
slurm: { throttle: 2, machine: { cpus: 8 } }
stages:
  make: { command: "echo {{ i }} > {{ outputs.o }}", matrix: { i: [1, 2, 3, 4] }, outputs: { o: "out/{{ i }}" }, estimate: 1h }
  join: { command: "cat {{ inputs.o }} > {{ outputs.all }}", inputs: { o: { from: make, output: o } }, outputs: { all: out/all } }
`;

it('tells what jobs would cost without a cluster, and refuses what may cost more', async () => {
  const workspace = makeWorkspace({ 'pipeline.yaml': PIPELINE });
  const call = (...args: string[]) => workspace.start(args).result;
  const plan = async (...args: string[]) => {
    const { stdout } = await call('plan', '--json', '--executor', 'slurm', ...args);
    return JSON.parse(stdout) as Told;
  };

  // Four hours of an eighth of a machine, two at a time; of what joins them nothing is known.
  const told = await plan();
  expect(told.cost.total.nodeHours).toEqual({ least: 0.5, most: 0.5 });
  expect(told.cost.unknown).toEqual(['join']);
  expect(told.cost.jobs).toEqual({ tasks: 5, submissions: 2 });
  expect(told.finish.most).toBe(2 * 3600);

  const unknown = await call('run', '--budget', '1000');
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain('nothing is known of how long join will take');
  const dear = await call('run', 'make', '--executor', 'slurm', '--budget', '0.4');
  expect(dear.code).toBe(2);
  expect(dear.stderr).toContain('may cost 0.50 node-hours: make 0.50 (4 nodes)');
  expect(workspace.exists('out')).toBe(false);
  expect((await call('plan', '--budget', 'much')).stderr).toContain('"much" is no number');

  // What is asked of Slurm beside the resources counts: two machines for each, and a limit.
  const asked = ['--slurm', 'nodes=2', '--slurm', 'mem=0', '--slurm', 'time=30'];
  expect((await plan(...asked)).cost.total.nodeHours).toEqual({ least: 8, most: 9 });
  const unread = await call('plan', '--executor', 'slurm', '--slurm', 'hint=x', '--budget', '99');
  expect(unread.code).toBe(2);
  expect(unread.stderr).toContain('jobs of make have --hint=x, which changes what they hold');

  // What is done costs nothing, and what ran is known.
  expect(await workspace.run(['make', '--budget', '1000'])).toMatchObject({ code: 0, executed: 4 });
  workspace.edit(
    'pipeline.yaml',
    'outputs: { all: out/all } }',
    'outputs: { all: out/all }, timeout: 30m }',
  );
  const rest = await plan();
  expect(rest.cost.unknown).toEqual([]);
  // The time limit of its job: the timeout, the signal before it and some minutes.
  expect(rest.cost.total.nodeHours).toEqual({ least: 0, most: (30 + 1 + 5) / 60 / 8 });
  const shown = await call('plan', '--executor', 'slurm', '--budget', '0.05');
  expect(shown.code).toBe(2);
  expect(shown.stdout).toMatch(
    /^join +1 +at most 0\.60 +at most 0\.60 +at most 0\.075 +its time limit$/m,
  );
  expect(shown.stderr).toContain('--budget 0.05: the run may cost at most 0.075 node-hours');
  expect(await workspace.run(['--budget', '1'])).toMatchObject({ code: 0, executed: 1 });
});

const ESTIMATE = `export const hint = 'measure it first';
export function estimate({ nodes, parameters }) {
  return Promise.resolve(nodes.map(({ params, cpus }) => {
    const hours = params.config.epochs * parameters.hours;
    const seconds = { least: 3600, most: 3600 * hours };
    return hours > 9 ? null : { seconds, cpus: cpus.most, source: 'calibrated', notes: [params.config.epochs + ' epochs'] };
  }));
}
`;

it('asks a module of the workspace with what templates will write, and believes no nonsense', async () => {
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
params: { epochs: 3, hours: 2 }
slurm: { time: 4h, machine: { cpus: 4 } }
stages:
  configure: { template: config.njk, outputs: { config: config.yaml } }
  train:
    command: cp {{ inputs.data }} {{ outputs.o }}
    inputs: { config: { from: configure, output: config, as: params }, data: data.txt }
    outputs: { o: out }
    resources: { cpus: { least: 2, most: 8 } }
    estimate: { module: estimate.js }
`,
    'config.njk': 'epochs: {{ epochs }}\n',
    'data.txt': 'x',
    'estimate.js': ESTIMATE,
  });
  const plan = (...args: string[]) =>
    workspace.start(['plan', '--executor', 'slurm', ...args]).result;
  const { stdout } = await plan();
  expect(stdout).toMatch(/^train +1 +1\.00 to 6\.00 +2\.00 to 12\.0 +0\.50 to 3\.00 +calibrated$/m);
  expect(stdout).toContain('train: 3 epochs');
  expect(stdout).toContain('train may take 6:00:00, but its jobs are ended after 4:00:00');
  expect(workspace.exists('.pipeline')).toBe(false);
  const unknown = await plan('--set', 'epochs=5', '--budget', '9');
  // What the module does not know is bounded by the time limit.
  expect([unknown.code, unknown.stdout]).toEqual([0, expect.stringContaining('its time limit')]);
  workspace.write(
    'estimate.js',
    'export const estimate = async ({ nodes }) => nodes.map(() => ({ seconds: -1 }));',
  );
  const nonsense = await plan();
  expect(nonsense.code).toBe(2);
  expect(nonsense.stderr).toContain(
    'pipeline.yaml:11:15: estimate.js, which is to estimate stage "train", answered',
  );
});
