/**
 * Measures the README's first command from an empty cache, phase by phase, beside a PyTorch script
 * that trains and tests the same cells: `npx tsx bench/first-figure.ts --help`. Prints a JSON line about
 * the machine, one a run, then a table.
 */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fail } from '../experiment/data/failure.ts';
import { formatByModel, sumByModel, type TimedCell } from './by-model.ts';
import { countCells, listCells, type TrainedCell } from './cells.ts';
import { describeMachine, findCommit } from './machine.ts';
import { runMain } from './options.ts';
import { findNodeSeconds, findPhases, type TimedEvent } from './phases.ts';
import { formatTable } from './table.ts';
import { withClone } from './workspace.ts';

const FORMS = ['one', 'each', 'one-channels-last', 'each-channels-last'] as const;

const USAGE = `Usage: npx tsx bench/first-figure.ts [options]
  --python PATH    a Python with torch and numpy; without it, PyTorch is not measured
  --forms A,B      of PyTorch: one process with a thread a core (one), a process of one thread a core
                   (each), both in memory format channels_last too (${FORMS.join(',')})
  --base FOLDER    an earlier checkout of this project, measured first
  --target NAME    what is run (figure1)
  --profile NAME   (quick)
  --set KEY=VALUE  of both checkouts, as of pipeline run; may be repeated
  --install        measure npm ci in the clone too, apart`;

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    forms: { type: 'string', default: FORMS.join(',') },
    base: { type: 'string' },
    target: { type: 'string', default: 'figure1' },
    profile: { type: 'string', default: 'quick' },
    set: { type: 'string', multiple: true, default: [] },
    install: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** A measured run, as one line of results. */
interface Run {
  readonly side: string;
  readonly wall_s: number;
  /** How many trainings, and how many of them reached the interpolation threshold. */
  readonly cells: number;
  readonly reached: number;
  /** Of all trainings together. */
  readonly steps: number;
}

/** With its trainings one by one, which are not told one by one. */
interface DetailedRun {
  readonly run: Run;
  readonly trainings: readonly TimedCell[];
  /** Wall clock of trainings and evaluations alone: what a rival does. */
  readonly alone_s: number;
}

/** Phases of a run that a rival has too. */
const COMPARED = ['training', 'evaluation'];

/** What the rival tells of a training. */
interface RivalCell extends TrainedCell {
  readonly load_s: number;
  readonly train_s: number;
}

/** Runs a program to its end. Fails where it does. @returns its lines */
async function runProgram([program = '', ...args]: readonly string[], cwd: string) {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const [code] = await once(child, 'close');
  return code === 0 ? lines : fail(`${program} ${args.join(' ')} ended with ${code}`);
}

/** Measures the command in a folder with an empty cache. */
async function measureRun(folder: string, side: string): Promise<DetailedRun> {
  const settings = values.set.flatMap((setting) => ['--set', setting]);
  const options = ['--profile', values.profile, '--json', ...settings];
  const started = Date.now();
  const lines = await runProgram(['npx', 'pipeline', 'run', values.target, ...options], folder);
  const ended = Date.now();
  const events = lines.map((line): TimedEvent => JSON.parse(line));
  const cells = listCells(folder, values.profile);
  const phases = findPhases(events, { started, ended });
  const seconds = findNodeSeconds(events);
  const run = { side, wall_s: (ended - started) / 1000, ...countCells(cells) };
  console.log(JSON.stringify({ ...run, commit: findCommit(folder), phases }));
  console.log(`\n${formatPhases(phases)}\n`);
  return {
    run,
    trainings: cells.map((cell) => ({ ...cell, seconds: seconds.get(`train/${cell.name}`) ?? 0 })),
    alone_s: phases
      .filter(({ phase }) => COMPARED.includes(phase))
      .reduce((sum, { wall_s: wall }) => sum + wall, 0),
  };
}

async function measureCheckout<Result>(
  from: string,
  side: string,
  act: (folder: string, run: DetailedRun) => Promise<Result>,
): Promise<Result> {
  return withClone({ from, installs: values.install }, async (folder) => {
    if (values.install) {
      const started = performance.now();
      await runProgram(['npm', 'ci', '--no-audit', '--no-fund'], folder);
      const seconds = Number(((performance.now() - started) / 1000).toFixed(2));
      console.log(JSON.stringify({ side, install_s: seconds }));
    }
    return act(folder, await measureRun(folder, side));
  });
}

function formatPhases(phases: ReturnType<typeof findPhases>): string {
  const rows = phases.map(({ phase, nodes, wall_s: wall, nodes_s: each }) => [
    phase,
    ...[nodes, wall, each].map(String),
  ]);
  return formatTable(['phase', 'nodes', 'wall clock s', 'added up s'], rows);
}

/** Trains and tests in PyTorch what a run in this folder has trained. */
async function measureRival(python: string, folder: string, form: string): Promise<DetailedRun> {
  const script = fileURLToPath(new URL('pytorch_figure.py', import.meta.url));
  const cores = String(availableParallelism());
  const [processes, threads] = form.startsWith('one') ? ['1', cores] : [cores, '1'];
  const lines = await runProgram(
    [
      ...[python, script, folder, '--profile', values.profile],
      ...['--processes', processes, '--threads', threads],
      ...(form.endsWith('channels-last') ? ['--channels-last'] : []),
    ],
    folder,
  );
  const total = JSON.parse(lines.at(-1) ?? '{}') as Run;
  const cells = lines.slice(0, -1).map((line): RivalCell => JSON.parse(line));
  const missed = cells.flatMap(({ name, reached }) => (reached ? [] : [name]));
  const run = { ...total, side: `PyTorch, ${form}` };
  console.log(JSON.stringify({ ...run, missed }));
  const trainings = cells.map((cell) => ({ ...cell, seconds: cell.load_s + cell.train_s }));
  return { run, trainings, alone_s: run.wall_s };
}

async function measureAll(): Promise<void> {
  const { python, base } = values;
  const forms = values.forms.split(',');
  for (const form of forms) {
    if (!FORMS.some((each) => each === form)) {
      fail(`--forms names "${form}"; expected some of ${FORMS.join(', ')}`);
    }
  }
  if (python !== undefined && spawnSync(python, ['-c', 'import torch, numpy']).status !== 0) {
    fail(`--python is "${python}"; expected a Python with torch and numpy`);
  }
  console.log(JSON.stringify(await describeMachine()));
  const runs: DetailedRun[] = [];
  if (base !== undefined) runs.push(await measureCheckout(base, 'base', async (_, run) => run));
  const here = fileURLToPath(new URL('..', import.meta.url));
  await measureCheckout(here, 'ours', async (folder, ours) => {
    runs.unshift(ours);
    if (python === undefined) return;
    for (const form of forms) runs.push(await measureRival(python, folder, form));
  });
  const [ours] = runs;
  const rows = runs.map(
    ({ run: { side, wall_s: wall, cells, reached, steps }, alone_s: alone }) => [
      side,
      wall.toFixed(1),
      (wall / (ours?.run.wall_s ?? wall)).toFixed(2),
      alone.toFixed(1),
      (alone / (ours?.alone_s ?? alone)).toFixed(2),
      `${reached} of ${cells}`,
      String(steps),
    ],
  );
  const head = [
    '',
    'wall clock s',
    'by ours',
    'trainings and tests s',
    'by ours',
    'reached',
    'steps',
  ];
  console.log(`\n${formatTable(head, rows)}\n`);
  console.log(formatByModel(runs.flatMap(({ run, trainings }) => sumByModel(run.side, trainings))));
}

await runMain(async () => {
  if (values.help) console.log(USAGE);
  else await measureAll();
  return 0;
});
