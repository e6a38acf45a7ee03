import { afterAll, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

function makeCells(): Workspace {
  return makeWorkspace({
    'pipeline.yaml': `version: 1
params: { ks: [1, 2, 3] }
profiles:
  base: {}
  other: { params: { ks: [7] } }
stages:
  file: { matrix: { k: { param: ks } }, command: "echo {{ k }} > {{ outputs.o }}", outputs: { o: "runs/{{ k }}.txt" } }
  tree: { matrix: { k: { param: ks } }, command: "mkdir {{ outputs.o }}; echo {{ k }} > {{ outputs.o }}/x", outputs: { o: "trees/{{ k }}" } }
`,
  });
}

const clean = (workspace: Workspace, ...args: string[]) =>
  workspace.start(['clean', ...args]).result;

it.concurrent('outputs of a cell that is no more are told of, and go when that is asked for', async () => {
  const workspace = makeCells();
  await workspace.run(['--profile', 'other']);
  await workspace.run(['--set', 'ks=[8]']);
  const before = await workspace.run();
  expect(before.stdout).not.toContain('[warning]');
  workspace.edit('pipeline.yaml', '[1, 2, 3]', '[1, 2]');
  const told = /runs\/3\.txt|trees\/3/g;
  for (const { stdout } of [await workspace.run(), await workspace.run()]) {
    const warning = stdout.split('\n').find((line) => line.startsWith('[warning]')) ?? '';
    expect(warning.match(told)?.sort()).toEqual(['runs/3.txt', 'trees/3']);
    expect(warning).toContain('pipeline clean --stale removes them');
  }
  const status = await workspace.start(['status']).result;
  expect(status.stdout).toMatch(/no stage makes them now; pipeline clean --stale/);
  const shown = await clean(workspace, '--stale', '--dry-run');
  // Those of other settings too, but not those of another profile, which makes them.
  const going = ['runs/3.txt', 'runs/8.txt', 'trees/3', 'trees/8'];
  expect(shown.stdout.match(/(?<=would remove )\S+\/\S+/g)?.sort()).toEqual(going);
  workspace.write('trees/3/mine', 'mine');
  const { code, stdout } = await clean(workspace, '--stale');
  expect(code).toBe(0);
  expect(stdout).toContain('removed runs/3.txt\n');
  expect(stdout).toContain('removed trees/3, but for what no run put there or has changed since\n');
  expect(workspace.names('runs')).toEqual(['1.txt', '2.txt', '7.txt']);
  expect(workspace.list('trees')).toEqual(['trees/1/x', 'trees/2/x', 'trees/3/mine', 'trees/7/x']);
  expect((await workspace.run()).stdout).not.toContain('[warning]');
});

it.concurrent('outputs that were edited are no longer the run’s, and stay', async () => {
  const workspace = makeCells();
  await workspace.run();
  workspace.write('runs/3.txt', 'edited');
  workspace.edit('pipeline.yaml', '[1, 2, 3]', '[1, 2]');
  expect((await workspace.run()).stdout).not.toContain('runs/3.txt');
  await clean(workspace, '--stale');
  expect(workspace.read('runs/3.txt')).toBe('edited');
  expect(workspace.exists('trees/3')).toBe(false);
});

it.concurrent('clean alone names them and leaves them, and refuses targets beside --stale', async () => {
  const workspace = makeCells();
  await workspace.run();
  workspace.edit('pipeline.yaml', '[1, 2, 3]', '[1, 2]');
  const { stdout } = await clean(workspace);
  expect(stdout).toContain(
    'left runs/3.txt: no stage makes it any more; clean --stale removes it\n',
  );
  expect(workspace.list('runs')).toEqual(['runs/3.txt']);
  const refused = await clean(workspace, '--stale', 'file');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('leave the targets out');
});

it.concurrent('files of a folder that became several outputs are told of one by one', async () => {
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
stages:
  all: { command: "mkdir {{ outputs.o }}; echo 1 > {{ outputs.o }}/a; echo 2 > {{ outputs.o }}/b", outputs: { o: all } }
`,
  });
  await workspace.run();
  workspace.write(
    'pipeline.yaml',
    'version: 1\nstages: { a: { command: "echo 3 > {{ outputs.o }}", outputs: { o: all/a } } }\n',
  );
  const { code, stdout } = await workspace.run();
  expect(code).toBe(0);
  expect(stdout).toContain('all/b was put there by an earlier run');
  await clean(workspace, '--stale');
  expect(workspace.list('all')).toEqual(['all/a']);
});
