import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Trace } from '../../../pipeline/provenance/trace.ts';
import { FIGURE_FILES } from '../../fixtures/figure-pipeline.ts';
import { makeWorkspace, removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

let workspace: Workspace;
beforeAll(async () => {
  workspace = makeWorkspace(FIGURE_FILES);
  await workspace.run(['--profile', 'large']);
});
afterAll(removeWorkspaces);

async function trace(file: string, ...args: string[]): Promise<Trace & { code: number | null }> {
  const { stdout, code } = await workspace.start(['trace', file, '--json', ...args]).result;
  return { ...(JSON.parse(stdout) as Trace), code };
}

it.each(['vl.json', 'svg', 'csv'])('maps every mark of the .%s to its files', async (ending) => {
  const { code, marks, runs } = await trace(`large/figure.${ending}`);
  expect(code).toBe(0);
  expect(marks.map((mark) => mark.runs)).toEqual([['1'], ['2'], ['3']]);
  const fingerprints = new Map(
    (await workspace.status(['--profile', 'large'])).map((one) => [one.node, one.fingerprint]),
  );
  for (const { run, rows, results } of runs) {
    expect(rows).toEqual([Number(run)]);
    const nodes = results.map(({ node }) => node).sort();
    expect(nodes).toEqual([`check/${run}`, `config/${run}`, `measure/${run}`]);
    for (const { node, fingerprint, outputs, log } of results) {
      expect(fingerprint).toBe(fingerprints.get(node));
      for (const place of Object.values(outputs)) {
        expect(place.at).toBe('workspace');
        expect(workspace.exists(place.path ?? '')).toBe(true);
      }
      if (node.startsWith('measure/')) expect(workspace.read(log?.path ?? '')).toMatch(/measured/);
    }
    const config = results.find(({ node }) => node.startsWith('config/'))?.outputs['config'];
    expect(config?.path).toBe(`large/configs/${run}.yaml`);
  }
});

it('finds in the cache what is not in its place, and says in words what stands where', async () => {
  workspace.remove('large/results/2.raw');
  workspace.remove('large/results/3.raw');
  workspace.write('large/results/3.raw', 'edited');
  const { runs } = await trace('large/figure.svg');
  const places = runs.map(({ results }) => results.find(({ node }) => /measure/.test(node)));
  expect(places.map((one) => one?.outputs['raw']?.at)).toEqual(['workspace', 'cache', 'cache']);
  expect(workspace.read(places[2]?.outputs['raw']?.path ?? '')).toBe('60');
  const brief = await workspace.start(['trace', 'large/figure.svg']).result;
  expect(brief.stdout.split('\n')).toEqual([
    expect.stringMatching(/^1 {2}mark 1 {2}measure\/1 \w{12} {2}from 2 results upstream$/),
    expect.stringMatching(/^2 {2}mark 2 /),
    expect.stringMatching(/^3 {2}mark 3 /),
    '',
    'large/figure.svg drawn by plot: 3 marks from 3 runs (-v: all results and files)',
    '',
  ]);
  const { stdout } = await workspace.start(['trace', 'large/figure.svg', '-v']).result;
  expect(stdout).toMatch(/^large\/figure.svg drawn by plot: 3 marks from 3 runs\n$/m);
  expect(stdout).toMatch(/^2 {2}mark 2\n(?: .*\n)* {4}raw +\.pipeline.* \(in the cache only\)$/m);
});

it('reads a picture that was taken elsewhere alone, and says what its cache does not hold', async () => {
  const stranger = makeWorkspace(FIGURE_FILES);
  mkdirSync(join(stranger.path, 'mail'));
  renameSync(join(workspace.path, 'large/figure.svg'), join(stranger.path, 'mail/picture.svg'));
  const { stdout, code } = await stranger.start(['trace', 'mail/picture.svg']).result;
  expect(code).toBe(1);
  expect(stdout).toContain('mark 3');
  expect(stdout).toMatch(/^3 {2}mark 3 .*not in this cache: .*measure\/3/m);
});

it('names the log of the attempt that made a result, though one that failed said the same', async () => {
  const retried = makeWorkspace({
    ...FIGURE_FILES,
    'pipeline.yaml': (FIGURE_FILES['pipeline.yaml'] ?? '').replace(
      'module: measure.mjs',
      'module: late.mjs\n    retries: { attempts: 1, backoff: 0.1s }',
    ),
    // Ends well at first, but without its outputs.
    'late.mjs': `import { existsSync, writeFileSync } from 'node:fs';
import { run as measure } from './measure.mjs';
export async function run(context) {
  if (existsSync(context.scratch + '/tried')) return measure(context);
  writeFileSync(context.scratch + '/tried', '');
  console.log('measured', context.cell.k);
}
`,
  });
  expect(await retried.run(['--profile', 'large'])).toMatchObject({ code: 0 });
  const { stdout } = await retried.start(['trace', 'large/figure.svg', '--json']).result;
  const { runs } = JSON.parse(stdout) as Trace;
  const logs = runs.flatMap(({ results }) =>
    results.flatMap(({ node, log }) => (node.startsWith('measure/') ? [log?.path ?? ''] : [])),
  );
  expect(logs).toHaveLength(3);
  for (const log of logs) expect(log).toMatch(/measure--\d\.attempt-2\.log$/);
});

it.each([
  ['nothing.svg', /no such file/],
  ['pipeline.yaml', /no file of a figure/],
  ['bare.svg', /say where the figure comes from/],
  ['torn.vl.json', /say where the figure comes from/],
])('refuses %s with a reason and no stack', async (file, reason) => {
  workspace.write('bare.svg', '<svg></svg>');
  workspace.write('torn.vl.json', '{ "usermeta": { "provenance": { "schema": 1, "runs": [');
  const { code, stderr } = await workspace.start(['trace', file]).result;
  expect(code).toBe(2);
  expect(stderr).toMatch(reason);
  expect(stderr).not.toMatch(/^ +at /m);
});
