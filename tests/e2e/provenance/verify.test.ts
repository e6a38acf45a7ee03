import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import type { Verification } from '../../../pipeline/provenance/verify.ts';
import { FIGURE_FILES } from '../../fixtures/figure-pipeline.ts';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

let workspace: Workspace;
beforeEach(async () => {
  workspace = makeWorkspace(FIGURE_FILES);
  await workspace.run();
});
afterAll(removeWorkspaces);

async function verify(
  file: string,
  ...args: string[]
): Promise<Verification & { code: number | null }> {
  const { stdout, code } = await workspace.start(['verify', file, '--json', ...args]).result;
  return { ...(JSON.parse(stdout) as Verification), code };
}

/** Replaces text in a file of the workspace, which becomes another file. */
function edit(path: string, from: string, to: string): void {
  const text = workspace.read(path);
  workspace.remove(path);
  workspace.write(path, text.replace(from, to));
}

const verdicts = ({ outputs }: Pick<Verification, 'outputs'>) =>
  Object.fromEntries(outputs.map(({ name, verdict }) => [name, verdict]));

it('makes the figure again and finds the same bytes, volatile ones aside', async () => {
  const { code, failure, edited, ...rest } = await verify('small/figure.csv');
  expect({ code, failure, edited }).toEqual({ code: 0, failure: null, edited: [] });
  const equal = { spec: 'equal', svg: 'equal', csv: 'equal', when: 'volatile' };
  expect(verdicts(rest)).toEqual(equal);
  expect((await workspace.run()).executed).toBe(0);
});

it('names the row of a figure file that was edited, in a table, a spec and a drawing', async () => {
  edit('small/figure.csv', '2,20', '2,99');
  edit('small/figure.vl.json', '"y":30', '"y":1');
  edit('small/figure.svg', 'y="10"', 'y="11"');
  const { code, outputs } = await verify('small/figure.csv');
  expect(code).toBe(1);
  const [spec, svg, csv] = outputs.map(({ difference }) => difference?.rows);
  expect(csv).toEqual([expect.objectContaining({ place: 2, change: 'changed' })]);
  expect(csv?.[0]?.fields).toEqual([{ name: 'y', made: '20', found: '99' }]);
  expect(spec?.[0]).toMatchObject({ place: 3, fields: [{ name: 'y', made: 30, found: 1 }] });
  expect(svg?.[0]).toMatchObject({ kind: 'element', values: { 'aria-label': 'run: 1' } });
  const { stdout } = await workspace.start(['verify', 'small/figure.svg']).result;
  expect(stdout).toContain('row 2 (2): y 20 → 99');
});

it('names the mark that an edited result would change', async () => {
  edit('small/results/2.json', '20', '5');
  const { code, edited, ...rest } = await verify('small/figure.svg');
  expect(code).toBe(1);
  expect(verdicts(rest)).toMatchObject({ spec: 'equal', svg: 'equal' });
  expect(edited).toMatchObject([{ path: 'small/results/2.json', node: 'measure/2', rows: [2] }]);
  expect(edited[0]?.changes).toMatchObject([{ place: 2, fields: [{ made: 20, found: 5 }] }]);
  const { stdout } = await workspace.start(['verify', 'small/figure.svg']).result;
  expect(stdout).toContain('mark 2 (2): y 20 → 5');
});

it('names the mark even where the edit reached the cache through a hard link', async () => {
  const path = join(workspace.path, 'small/results/3.json');
  chmodSync(path, 0o644);
  writeFileSync(path, readFileSync(path, 'utf8').replace('30', '31'), { flag: 'r+' });
  for (let time = 0; time < 2; time++) {
    const { code, edited } = await verify('small/figure.svg');
    expect(code).toBe(1);
    expect(edited[0]?.changes).toMatchObject([{ place: 3, fields: [{ made: 30, found: 31 }] }]);
  }
});

it('names the marks that rest on a result that the figure does not read itself', async () => {
  edit('small/results/1.raw', '10', '11');
  const { code, edited } = await verify('small/figure.svg');
  expect(code).toBe(1);
  expect(edited).toMatchObject([{ path: 'small/results/1.raw', rows: [1], changes: null }]);
});

it('says what fails where a figure cannot be drawn from an edited result', async () => {
  edit('small/results/1.json', '10', '"ten"');
  const { code, edited } = await verify('small/figure.svg');
  expect(code).toBe(1);
  expect(edited[0]).toMatchObject({ rows: [1], changes: null });
  expect(edited[0]?.failure).toContain('no number');
});

it('reports a figure whose bytes cannot be had again', async () => {
  edit(
    'plot.mjs',
    'return { run: node',
    'return { luck: String(process.hrtime.bigint()), run: node',
  );
  await workspace.run();
  const { code, ...rest } = await verify('small/figure.csv');
  expect(code).toBe(1);
  expect(verdicts(rest)).toMatchObject({ spec: 'not-reproduced', svg: 'equal' });
});

it('says so where the figure has yet to be made, and refuses what is no output', async () => {
  const stale = await verify('small/figure.csv', '--set', 'scale=11');
  expect(stale.code).toBe(1);
  expect(stale.failure).toContain('has yet to run');
  for (const file of ['plot.mjs', 'small/configs/1.yaml']) {
    const { code, stderr } = await workspace.start(['verify', file]).result;
    expect(code).toBe(2);
    expect(stderr).toMatch(/no stage makes this file|rendered from a template/);
  }
});

it('ends a stage that hangs when its time is up, and says so', async () => {
  const hanging = makeWorkspace({
    'pipeline.yaml': `version: 1
stages:
  flaky: { command: '[ -e made ] && sleep 1000; touch made; echo x > {{ outputs.o }}', outputs: { o: out }, timeout: 2s }
`,
  });
  // On a busy machine the time may be up before the first attempt is through.
  while ((await hanging.run()).code !== 0) hanging.remove('made');
  const { stdout, code } = await hanging.start(['verify', 'out', '--json']).result;
  expect(code).toBe(1);
  expect((JSON.parse(stdout) as Verification).failure).toMatch(/^timed out after 2s: stage flaky/);
  await hanging.untilDeserted();
});

it('does not count what a stage made again of an input that changed meanwhile', async () => {
  const editing = makeWorkspace({
    'pipeline.yaml': `version: 1
stages:
  copy: { command: '[ -e made ] && echo more >> data; touch made; echo x > {{ outputs.o }}', inputs: { i: data }, outputs: { o: out } }
`,
    data: 'text\n',
  });
  expect(await editing.run()).toMatchObject({ code: 0, executed: 1 });
  const { stdout, code } = await editing.start(['verify', 'out', '--json']).result;
  expect(code).toBe(1);
  expect((JSON.parse(stdout) as Verification).failure).toMatch(/^its input data changed/);
});
