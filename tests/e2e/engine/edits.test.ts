import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

/** Two stages that need the one CPU each; the first waits at a gate when it has read its input. */
function makeGatedWorkspace(): Workspace {
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
stages:
  first: { module: first.ts, inputs: { a: a.txt }, outputs: { o: out/first } }
  second: { command: "cat {{ inputs.b }} > {{ outputs.o }}", inputs: { b: b.txt }, outputs: { o: out/second } }
  page: { template: page.njk, needs: [first], outputs: { o: out/page } }
`,
    'a.txt': 'a',
    'b.txt': 'b',
    'page.njk': 'page',
    'first.ts': `
import { readFileSync, writeFileSync } from 'node:fs';
export const run = (c) => {
  const text = readFileSync(c.inputs.a[0].path, 'utf8');
  readFileSync(c.workspace + '/gate');
  writeFileSync(c.outputs.o, text + ' read');
};
`,
  });
  workspace.makeGate('gate');
  return workspace;
}

async function rerun(workspace: Workspace): Promise<void> {
  const again = workspace.run();
  await (await workspace.arrival('gate')).close();
  expect(await again).toMatchObject({ code: 0, failed: 0 });
}

describe('an edit during a run', () => {
  it('of the input of a running stage: its result is not published, and the file is named', async () => {
    const workspace = makeGatedWorkspace();
    const running = workspace.run(['first']);
    const gate = await workspace.arrival('gate');
    workspace.write('a.txt', 'A');
    await gate.close();
    const { code, stdout } = await running;
    expect(code).toBe(1);
    expect(stdout).toContain('first after');
    expect(stdout).toContain(
      'its input a.txt changed while it ran, so the result is not published',
    );
    expect(workspace.exists('out/first')).toBe(false);
    expect(workspace.list('.pipeline/cache/actions')).toEqual([]);
    await rerun(workspace);
    expect(workspace.read('out/first')).toBe('A read');
  });

  it('of the input of a queued stage: it runs on the new content', async () => {
    const workspace = makeGatedWorkspace();
    const running = workspace.run(['--jobs', '1']);
    const gate = await workspace.arrival('gate');
    workspace.write('b.txt', 'B');
    await gate.close();
    expect(await running).toMatchObject({ code: 0, executed: 3, failed: 0 });
    expect(workspace.read('out/second')).toBe('B');
    expect(await workspace.run()).toMatchObject({ executed: 0, cached: 3 });
  });

  it('of code or a template: what was hashed is what runs, and the next run sees the edit', async () => {
    const workspace = makeGatedWorkspace();
    const running = workspace.run(['--jobs', '1']);
    const gate = await workspace.arrival('gate');
    workspace.edit('first.ts', "' read'", "' read anew'");
    workspace.write('page.njk', 'new page');
    await gate.close();
    expect(await running).toMatchObject({ code: 0, executed: 3, failed: 0 });
    expect(workspace.read('out/first')).toBe('a read');
    expect(workspace.read('out/page')).toBe('page');
    await rerun(workspace);
    expect(workspace.read('out/first')).toBe('a read anew');
    expect(workspace.read('out/page')).toBe('new page');
  });
});
