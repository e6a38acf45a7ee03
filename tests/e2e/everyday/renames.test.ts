import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const PIPELINE = `version: 1
stages:
  train:
    matrix: { model: [a, b] }
    module: train.mjs
    params: [rate]
    inputs: { data: data.txt }
    outputs: { o: "runs/{{ model }}.txt" }
  sum: { command: "cat {{ inputs.runs }} > {{ outputs.o }}", inputs: { runs: { from: train, output: o } }, outputs: { o: sum.txt } }
params: { rate: 1 }
`;

function makeTrained(): Workspace {
  return makeWorkspace({
    'pipeline.yaml': PIPELINE,
    'data.txt': '1\n',
    'train.mjs': `import { appendFileSync, writeFileSync } from 'node:fs';
export const run = ({ cell, outputs }) => writeFileSync(outputs.o, cell.model + '\\n');
`,
  });
}

const tell = async (workspace: Workspace, ...args: string[]) => {
  const { code, stdout, stderr } = await workspace.start(args).result;
  return { code, text: stdout + stderr };
};

describe('a renamed stage', () => {
  it('keeps its results when it is told the old name, and why says what it was', async () => {
    const workspace = makeTrained();
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 3 });
    workspace.write(
      'pipeline.yaml',
      PIPELINE.replace('  train:', '  fit:').replace('from: train', 'from: fit'),
    );
    const why = await tell(workspace, 'why', 'fit/a');
    expect(why.text).toContain('fit/a will run: renamed from train/a\n');
    const hinted = await tell(workspace, 'accept-equal', 'fit', '--reason', 'renamed');
    expect(hinted).toMatchObject({ code: 2 });
    expect(hinted.text).toContain('after a rename, --from <old name>');
    const accept = (...args: string[]) => tell(workspace, 'accept-equal', ...args, '--reason', 'r');
    // A stage that is there was no other one; what is not there has no results.
    expect((await accept('fit', '--from', 'sum')).text).toContain('"sum" is still there');
    expect((await accept('fit', '--from', 'tarin')).text).toContain('under the name tarin');
    const accepted = await accept('fit', '--from', 'train');
    expect(accepted).toMatchObject({ code: 0 });
    expect(accepted.text).toMatch(/^fit\/a: result .*\nfit\/b: result /);
    const below = await tell(workspace, 'why', 'sum');
    expect(below.text).toContain('input runs runs/a.txt from fit/a, renamed from train/a');
    expect(await accept('sum')).toMatchObject({ code: 0 });
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 0, cached: 3 });
    expect(await tell(workspace, 'cache', 'verify')).toMatchObject({ code: 0 });
    // Back under the old name, and by a node's name alone.
    workspace.write('pipeline.yaml', PIPELINE);
    expect(await workspace.run()).toMatchObject({ executed: 0, cached: 3 });
    expect(await tell(workspace, 'accept-equal', 'fit', '--undo')).toMatchObject({ code: 2 });
  });

  it('keeps the results of each cell apart, and takes what changed beside the name for an edit', async () => {
    const workspace = makeTrained();
    await workspace.run(['train']);
    workspace.write(
      'pipeline.yaml',
      PIPELINE.replace('  train:', '  fit:')
        .replace('from: train', 'from: fit')
        .replace('[a, b]', '[b, a]')
        .replace('rate: 1', 'rate: 2'),
    );
    const why = await tell(workspace, 'why', 'fit/b');
    expect(why.text).toContain('renamed from train/b; parameter rate 1 → 2');
    const one = await tell(
      workspace,
      'accept-equal',
      'fit/b',
      '--from',
      'train/b',
      '--reason',
      'r',
    );
    expect(one).toMatchObject({ code: 0 });
    workspace.remove('runs');
    expect(await workspace.run(['fit'])).toMatchObject({ code: 0, executed: 1, cached: 1 });
    expect([workspace.read('runs/a.txt'), workspace.read('runs/b.txt')]).toEqual(['a\n', 'b\n']);
    expect(await tell(workspace, 'accept-equal', 'fit', '--undo')).toMatchObject({ code: 0 });
    expect(await workspace.run(['fit'])).toMatchObject({ code: 0, executed: 1, cached: 1 });
  });

  it('is told from a new one: a stage that does something else has never run', async () => {
    const workspace = makeTrained();
    await workspace.run();
    workspace.write(
      'pipeline.yaml',
      PIPELINE.replace('  sum: { command: "cat', '  total: { command: "cat -n'),
    );
    expect((await tell(workspace, 'why', 'total')).text).toContain('it has not run before');
  });
});

describe('what a rename changes for a stage', () => {
  it('reruns where the stage can see it, and not where a matrix is only in another order', async () => {
    const workspace = makeTrained();
    await workspace.run();
    const rerun = async (text: string) => {
      workspace.write('pipeline.yaml', text);
      const { code, executed } = await workspace.run(['train']);
      expect(code).toBe(0);
      return executed;
    };
    expect(await rerun(PIPELINE.replace('[a, b]', '[b, a]'))).toBe(0);
    expect(await rerun(PIPELINE.replaceAll('rate', 'pace'))).toBe(2);
    expect(await rerun(PIPELINE.replace('inputs: { data:', 'inputs: { text:'))).toBe(2);
    const axis = PIPELINE.replace('model: [a, b]', 'net: [a, b]').replace(
      '{{ model }}',
      '{{ net }}',
    );
    workspace.edit('train.mjs', 'cell.model', '(cell.model ?? cell.net)');
    expect(await rerun(axis)).toBe(2);
  });
});
