import { execFileSync } from 'node:child_process';
import { afterAll, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

function makeSweep(): Workspace {
  return makeWorkspace({
    'pipeline.yaml': `version: 1
params: { rates: [0.5, 0.1], epochs: 3, model: mlp }
stages:
  configure: { matrix: { lr: { param: rates } }, template: c.njk, outputs: { config: "c/{{ lr }}.json" } }
  train:
    matrix: { like: configure }
    module: train.mjs
    params: [model]
    inputs: { config: { from: configure, output: config, as: params }, data: data.csv }
    outputs: { loss: "loss/{{ lr }}" }
  test: { matrix: { like: configure }, module: test.mjs, inputs: { loss: { from: train, output: loss } }, outputs: { o: "o/{{ lr }}" } }
  plot: { command: "cat {{ inputs.o }} > {{ outputs.p }}", inputs: { o: { from: test, output: o } }, outputs: { p: plot } }
`,
    'c.njk': '{ "epochs": {{ epochs }}, "rate": {{ lr }}, "momentum": {{ 1 - lr }} }',
    'train.mjs': `import { writeFileSync } from 'node:fs';
export async function run({ cell, params, outputs, emit }) {
  const loss = cell.lr / 3;
  writeFileSync(outputs.loss, String(loss));
  emit({ type: 'summary', values: { loss, at: { epoch: params.config.epochs } } });
}`,
    'test.mjs': `import { readFileSync, writeFileSync } from 'node:fs';
export async function run({ inputs, outputs, emit }) {
  writeFileSync(outputs.o, 'x');
  emit({ type: 'summary', values: { loss: 2 * Number(readFileSync(inputs.loss[0].path)) } });
}`,
    // Not in Git, as data often are not.
    'data.csv': '1\n',
    '.gitignore': '.pipeline\ndata.csv\nc\nloss\no\nplot\n',
  });
}

it('cells are compared by what differs, with a run and with a revision', async () => {
  const workspace = makeSweep();
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      cwd: workspace.path,
    });
  const compare = (...args: string[]) => workspace.start(['compare', ...args]).result;
  git('init', '-q');
  git('add', '-A');
  git('commit', '-qm', 'one');
  await workspace.run();

  const { stdout } = await compare('plot', '--sort', '-lr');
  const lines = stdout.split('\n').map((line) => line.split(/\s{2,}/));
  expect(lines.slice(0, 3)).toEqual([
    ['cell', 'lr', 'config.momentum', 'train.loss', 'at.epoch', 'test.loss'],
    ['0.5', '0.5', '0.5', '0.1667', '3', '0.3333'],
    ['0.1', '0.1', '0.9', '0.03333', '3', '0.06667'],
  ]);
  expect(stdout).toContain('the same in all rows, see --columns: model, config.epochs\n');
  const csv = await compare('train', '--csv', '--where', 'momentum>0.8', '--columns', 'rate,loss');
  expect(csv.stdout).toBe(`cell,config.rate,loss\ntrain/0.1,0.1,${0.1 / 3}\n`);

  workspace.edit('train.mjs', 'cell.lr / 3', 'cell.lr / 4');
  const then = JSON.parse((await compare('train', '--with', 'git:HEAD', '--json')).stdout);
  expect(then).toMatchObject([
    { cell: 'train/0.5', metrics: null, with: { loss: 0.5 / 3 } },
    { cell: 'train/0.1', metrics: null, with: { loss: 0.1 / 3 } },
  ]);
  await workspace.run(['--set', 'rates=[0.5]']);
  const markdown = await compare(
    'train',
    '--set',
    'rates=[0.5]',
    '--with',
    'latest~1',
    '--markdown',
  );
  expect(markdown.stdout).toMatch(/\| train\/0\.5 .*\| 0\.125 \| 0\.1667 \| -0\.04167 \|/);
  expect(markdown.stdout).toMatch(/\| train\/0\.1 .*\| no result \| 0\.03333 \|/);

  const diff = await workspace.start(['diff', 'latest~1', 'latest']).result;
  expect(diff.stdout).toContain('--set rates: not given → [0.5]\n\nonly in ');
  expect(diff.stdout).toMatch(/only in \w{6}: configure\/0\.1, train\/0\.1, test\/0\.1\n/);
  expect(diff.stdout).toMatch(
    /train\.mjs changed \(\+1 −1 lines\): train\/0\.5, and so 1 result after it\n {2}--- train\.mjs\n/,
  );
  expect(diff.stdout).toContain(
    '\n  -  const loss = cell.lr / 3;\n  +  const loss = cell.lr / 4;\n',
  );
  expect(diff.stdout).toMatch(/train\/0\.5 +loss +0\.1667 +0\.125 +-0\.04167\n/);
  expect(diff.stdout).toContain('3 results changed, 1 the same\n');

  // A parameter that reaches others by a file is told where it arose.
  await workspace.run(['--set', 'rates=[0.5]', '--set', 'epochs=5']);
  const followed = await workspace.start(['diff', 'latest~1', 'latest']).result;
  expect(followed.stdout).toContain(
    '\n\nparameter epochs 3 → 5: configure/0.5, and so 1 result after it\n\nnode ',
  );

  const wrong = await compare('--where', 'los<1', '--sort', 'epoch', '--with', 'latest');
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toMatch(/no cell has "los"[\s\S]*did you mean/);
  expect((await compare('--with', 'git:nope')).stderr).toContain('Git knows no such revision');
  expect(workspace.list('.pipeline/tmp')).toEqual([]);
});
