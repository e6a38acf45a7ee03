import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

/** A stage whose work is `n` lines, one a unit of work, and that says where it began. */
const COUNT = `
import { readFileSync, writeFileSync } from 'node:fs';
export async function run({ params, previous, outputs, emit }) {
  const before = previous === null ? '' : readFileSync(previous.outputs.lines, 'utf8');
  const done = previous === null ? 0 : previous.value;
  emit({ type: 'message', level: 'info', text: 'began at ' + done });
  let text = before;
  for (let i = done; i < params.n; i++) text += params.word + i + '\\n';
  writeFileSync(outputs.lines, text);
}
`;
const PIPELINE = `
version: 1
params: { n: 2, word: a }
stages:
  count:
    module: count.ts
    params: [n, word]
    extends: n
    outputs: { lines: out/lines.txt }
`;

const open = (pipeline = PIPELINE) =>
  makeWorkspace({ 'pipeline.yaml': pipeline, 'count.ts': COUNT });
afterAll(removeWorkspaces);

/** Runs the stage. @returns where it began; null where it did not run */
async function count(workspace: Workspace, ...settings: string[]): Promise<number | null> {
  const sets = settings.flatMap((setting) => ['--set', setting]);
  const { code, stdout } = await workspace.run(sets);
  expect(code, stdout).toBe(0);
  const began = /began at (\d+)/.exec(stdout)?.[1];
  return began === undefined ? null : Number(began);
}

describe('a stage that extends a parameter', () => {
  it('goes on from the farthest shorter result and makes the same bytes', async () => {
    const workspace = open();
    expect(await count(workspace)).toBe(0);
    expect(await count(workspace, 'n=4')).toBe(2);
    expect(await count(workspace, 'n=3')).toBe(2);
    expect(await count(workspace, 'n=7')).toBe(4);
    const extended = workspace.read('out/lines.txt');
    const straight = open();
    expect(await count(straight, 'n=7')).toBe(0);
    expect(straight.read('out/lines.txt')).toBe(extended);
  });

  it('is given nothing made with other parameters or other code', async () => {
    const workspace = open();
    await count(workspace);
    expect(await count(workspace, 'n=4', 'word=b')).toBe(0);
    workspace.edit('count.ts', 'let text = before;', 'let text = before + "";');
    expect(await count(workspace, 'n=5')).toBe(0);
  });

  it('starts from nothing where the shorter result is damaged', async () => {
    const workspace = open();
    await count(workspace);
    workspace.remove('.pipeline/cache/objects');
    workspace.remove('out');
    expect(await count(workspace, 'n=3')).toBe(0);
    expect(workspace.read('out/lines.txt')).toBe('a0\na1\na2\n');
  });

  it('must read that parameter', async () => {
    const workspace = open(PIPELINE.replace('extends: n', 'extends: m'));
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr).toContain(
      'pipeline.yaml:8:14: stage "count" extends "m", which it does not read',
    );
  });
});
