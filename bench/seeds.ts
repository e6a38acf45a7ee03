/**
 * Tells whether a profile shows what it should whatever its seed: `npx tsx bench/seeds.ts --help`. Runs
 * all experiments of the profile with many seeds, in a workspace of its own, and judges the claims of
 * the paper seed by seed.
 */

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FAVOURABLE } from '../experiment/claims/claim.ts';
import { judgeClaims } from '../experiment/claims/claims-report.ts';
import { parseClaims } from '../experiment/claims/read-claims.ts';
import { parseRows } from '../experiment/claims/read-rows.ts';
import { groupRows, type Row } from '../experiment/claims/select.ts';
import { fail } from '../experiment/data/failure.ts';
import { readNumber, runMain } from './options.ts';

const USAGE = `Usage: npx tsx bench/seeds.ts [options]
  --profile NAME    profile to run (quick)
  --seeds N         how many seeds, from that of pipeline.yaml on (20)
  --set KEY=VALUE   as for pipeline run; may be repeated
  --folder PATH     workspace to run in: one that was used before goes on where it stopped`;

const { values } = parseArgs({
  options: {
    profile: { type: 'string', default: 'quick' },
    seeds: { type: 'string', default: '20' },
    set: { type: 'string', multiple: true, default: [] },
    folder: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const PARTS = ['commands', 'experiment', 'pipeline', 'stages', 'templates'];
const FILES = ['package.json', 'package-lock.json', 'pipeline.yaml', 'claims.yaml'];

/** Makes a workspace with this project's files, those as they are now, and says where it is. */
function openWorkspace(): string {
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'seeds-'));
  mkdirSync(folder, { recursive: true });
  for (const name of [...PARTS, ...FILES]) {
    cpSync(join(REPOSITORY, name), join(folder, name), { recursive: true });
  }
  const modules = join(folder, 'node_modules');
  if (!existsSync(modules)) symlinkSync(join(REPOSITORY, 'node_modules'), modules);
  console.log(`working in ${folder}`);
  return folder;
}

function runExperiments(folder: string, seeds: number): readonly Row[] {
  const sets = [`seeds=${seeds}`, ...values.set].flatMap((set) => ['--set', set]);
  const { status } = spawnSync(
    process.execPath,
    [
      join(folder, 'pipeline/bin/pipeline.js'),
      ...['run', 'experiments', '--quiet', '--profile', values.profile],
      ...sets,
    ],
    { cwd: folder, stdio: 'inherit' },
  );
  if (status !== 0) fail(`pipeline run ended with ${status ?? 'a signal'}`);
  const table = join(folder, 'results', values.profile, 'experiments.jsonl');
  return parseRows(table, readFileSync(table, 'utf8'));
}

/** An experiment's name without its seed. */
function cellOf({ experiment }: Row): string {
  return experiment.replace(/_s\d+$/, '');
}

function printCells(rows: readonly Row[]): void {
  console.log('\n| experiment | reached | steps | test error |\n|---|---:|---:|---:|');
  const cells = groupRows(
    rows.map((row) => ({ ...row, cell: cellOf(row) })),
    ['cell'],
  );
  for (const [cell, runs] of [...cells].sort(([a], [b]) => a.localeCompare(b))) {
    const reached = runs.filter((run) => run['reached'] === true).length;
    const steps = rangeOf(runs, 'step', 0);
    const error = rangeOf(runs, 'test_error', 2);
    console.log(`| ${cell} | ${reached} of ${runs.length} | ${steps} | ${error} |`);
  }
}

/** The least, middle and greatest value of a field. */
function rangeOf(runs: readonly Row[], field: string, digits: number): string {
  const numbers = runs.map((run) => run[field]).filter((value) => typeof value === 'number');
  const sorted = numbers.toSorted((a, b) => a - b);
  return [0, Math.floor(sorted.length / 2), sorted.length - 1]
    .map((place) => sorted[place]?.toFixed(digits) ?? 'none')
    .join(' – ');
}

function printClaims(rows: readonly Row[]): void {
  const file = join(REPOSITORY, 'claims.yaml');
  const claims = parseClaims(file, readFileSync(file, 'utf8'));
  const bySeed = [...groupRows(rows, ['seed'])].map(([seed, runs]) => ({
    seed,
    judged: judgeClaims(claims, values.profile, runs).claims,
  }));
  console.log('\n| claim | holds | undecided or against it |\n|---|---:|---|');
  for (const { id } of claims.claims) {
    const verdicts = bySeed.flatMap(({ seed, judged }) =>
      judged.filter((one) => one.id === id).map((one) => ({ ...one, seed })),
    );
    const against = verdicts
      .filter(({ verdict }) => !FAVOURABLE.includes(verdict))
      .map(({ seed, reason }) => `${seed}: ${reason}`);
    const held = verdicts.length - against.length;
    console.log(`| ${id} | ${held} of ${verdicts.length} | ${against.join('; ')} |`);
  }
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const rows = runExperiments(openWorkspace(), readNumber('seeds', values.seeds));
  printCells(rows);
  printClaims(rows);
  return 0;
}

await runMain(main);
