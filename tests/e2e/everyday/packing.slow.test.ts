import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { REPOSITORY, runCommand } from '../../fixtures/project.ts';

const QUIET = ['--no-audit', '--no-fund'];
const TWO_LINES = `version: 1
stages: { count: { command: 'wc -l < {{ inputs.x }} > {{ outputs.n }}', inputs: { x: x.txt }, outputs: { n: n.txt } } }
`;

const outer = mkdtempSync(join(tmpdir(), 'empty projects '));
let engine = '';
let experiment = '';

beforeAll(async () => {
  const args = ['--workspaces', '--include-workspace-root', '--pack-destination', outer];
  await run(['npm', 'pack', ...args], REPOSITORY);
  const tarballs = readdirSync(outer);
  engine = `../${tarballs.find((name) => name.startsWith('rederive-'))}`;
  experiment = `../${tarballs.find((name) => name.startsWith('rethinking-'))}`;
});
afterAll(() => rmSync(outer, { recursive: true, force: true }));

async function run(command: readonly [string, ...string[]], cwd: string) {
  const { code, stdout, stderr } = await runCommand(command, cwd);
  expect([code, code === 0 ? '' : `${stdout}${stderr}`]).toEqual([0, '']);
  return stdout;
}

function makeFolder(name: string): string {
  const folder = join(outer, name);
  mkdirSync(folder);
  return folder;
}

/** What a folder takes on the disk, in MB. */
function measureFolder(path: string): number {
  return Number(execFileSync('du', ['-sm', path], { encoding: 'utf8' }).split('\t')[0]);
}

it.each([
  ['as npm does', []],
  ['without install scripts', ['--ignore-scripts']],
])('installs the engine alone, small, %s, and runs a shell pipeline', async (name, options) => {
  const folder = makeFolder(name);
  await run(['npm', 'install', ...QUIET, ...options, engine], folder);
  expect(measureFolder(join(folder, 'node_modules'))).toBeLessThan(60);
  writeFileSync(join(folder, 'pipeline.yaml'), TWO_LINES);
  writeFileSync(join(folder, 'x.txt'), 'a\nb\n');
  expect(await run(['npx', 'pipeline', 'run'], folder)).toMatch(/1 executed, 0 cached, 0 failed/);
  expect(await run(['cat', 'n.txt'], folder)).toBe('2\n');
});

it('installs the experiment beside the engine, and runs what needs no training', async () => {
  const folder = makeFolder('both');
  await run(['npm', 'install', ...QUIET, engine, experiment], folder);
  const place = join(folder, 'node_modules/rethinking-generalization');
  await run(['npx', 'pipeline', 'run', 'expressivity', '-C', place], folder);
  // What trains is not installed unless asked for.
  const train = ['npx', 'pipeline', 'run', 'train/MLP1_0.0_none', '-C', place] as const;
  const { code, stdout } = await runCommand(train, folder);
  expect(code).toBe(1);
  expect(stdout).toMatch(/onnxruntime-node.*run "npm install --ignore-scripts onnxruntime-node@/);
});

it('gives modules the types of the contract, by name', async () => {
  const folder = makeFolder('types');
  await run(['npm', 'install', ...QUIET, engine, '@types/node@20'], folder);
  writeFileSync(
    join(folder, 'stage.ts'),
    `import type { StageContext } from 'rederive/contract';
export const run = ({ params }: StageContext): number => params;
`,
  );
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    'stage.ts',
  ];
  const tsc = join(REPOSITORY, 'node_modules/.bin/tsc');
  const { stdout } = await runCommand([tsc, '--types', 'node', ...options], folder);
  // Of the contract itself nothing is said, and it says what `params` is.
  expect(stdout.match(/^\S+: error/gm)).toEqual([expect.stringMatching(/^stage\.ts\(2,/)]);
});
