import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const PIPELINE = `version: 1
stages:
  make: { command: "echo 1 > {{ outputs.o }}", outputs: { o: out/made.txt } }
  base: { command: "basename {{ inputs.x }} > {{ outputs.o }}", inputs: { x: in/a.txt }, outputs: { o: base.txt } }
  dir: { command: "dirname {{ inputs.x }} | xargs basename > {{ outputs.o }}", inputs: { x: in/a.txt }, outputs: { o: dir.txt } }
  mod: { module: mod.mjs, inputs: { x: in/a.txt }, outputs: { o: mod.txt } }
  next: { command: "basename {{ inputs.x }} > {{ outputs.o }}", inputs: { x: { from: make, output: o } }, outputs: { o: next.txt } }
  set: { command: "echo 'rate: 1' > {{ outputs.o }}", outputs: { o: in/values.yaml } }
  values: { module: mod.mjs, inputs: { x: { from: set, output: o, as: params } }, outputs: { o: values.txt } }
`;

function makeVisible(): Workspace {
  return makeWorkspace({
    'pipeline.yaml': PIPELINE,
    'in/a.txt': 'text\n',
    'mod.mjs': `import { writeFileSync } from 'node:fs';
export const run = ({ inputs, outputs }) =>
  writeFileSync(outputs.o, inputs.x[0].path.split('/').slice(-2).join('/') + '\\n');
`,
  });
}

const read = (workspace: Workspace) =>
  ['base', 'dir', 'mod', 'next', 'values'].map((name) => workspace.read(`${name}.txt`).trim());

describe('what a stage can see of the paths of its inputs', () => {
  it('counts: names and folders, of files and of outputs upstream', async () => {
    const workspace = makeVisible();
    await workspace.run();
    expect(read(workspace)).toEqual(['a.txt', 'in', 'in/a.txt', 'made.txt', 'in/values.yaml']);
    expect(await workspace.run()).toMatchObject({ executed: 0, cached: 7 });
    workspace.write('other/b.txt', 'text\n');
    const text = PIPELINE.replaceAll('in/a.txt', 'other/b.txt')
      .replace('in/values.yaml', 'other/more.yaml')
      .replace('out/made.txt', 'results/fresh.txt');
    workspace.write('pipeline.yaml', text);
    const why = await workspace.start(['why', 'base']).result;
    expect(why.stdout).toContain('will run: path of input x in/a.txt → other/b.txt\n');
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 7, cached: 0 });
    expect(read(workspace)).toEqual([
      'b.txt',
      'other',
      'other/b.txt',
      'fresh.txt',
      'other/more.yaml',
    ]);
    // Back again, nothing is new.
    workspace.write('pipeline.yaml', PIPELINE);
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 0, cached: 7 });
    expect(read(workspace)).toEqual(['a.txt', 'in', 'in/a.txt', 'made.txt', 'in/values.yaml']);
  });

  it('does not count the place of the workspace, nor another way to write the same path', async () => {
    const workspace = makeVisible();
    await workspace.run();
    const moved = makeWorkspace({});
    for (const name of workspace.names('.')) {
      renameSync(join(workspace.path, name), join(moved.path, name));
    }
    expect(await moved.run()).toMatchObject({ code: 0, executed: 0, cached: 7 });
    moved.edit('pipeline.yaml', 'inputs: { x: in/a.txt }', 'inputs: { x: ./in//a.txt }');
    expect(await moved.run()).toMatchObject({ code: 0, executed: 0, cached: 7 });
  });
});
