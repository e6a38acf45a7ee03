/**
 * Compares this project with PyTorch in both of its memory formats, and with an earlier checkout of
 * itself, on the machine at hand: `npx tsx bench/compare.ts --help`. All run in turn, round by round,
 * because the speed of a machine changes with the minute. Prints a JSON line about the machine, one a
 * model, medians over the rounds, then a table in Markdown.
 */

import { parseArgs } from 'node:util';
import { fail } from '../experiment/data/failure.ts';
import { findModel, MODEL_NAMES } from '../experiment/models/registry.ts';
import { SIDES, type Side, withSides } from './compare-sides.ts';
import { formatComparison, type RoundResults, summarize } from './comparison.ts';
import { describeMachine, findCommit } from './machine.ts';
import { readNumber, runMain } from './options.ts';
import { orderOf, WIDE_SPREAD } from './rounds.ts';
import { openTogether, type Program, type Team } from './run-together.ts';

const USAGE = `Usage: npx tsx bench/compare.ts --python <python with torch> [options]
  --models A,B      models to compare (${MODEL_NAMES.join(',')})
  --base FOLDER     an earlier checkout of this project, with node_modules, measured too
  --sides A,B       what to measure of ${SIDES.join(',')} (all that there are)
  --rounds N        how often each is measured, in turn (4)
  --seconds N       seconds of a measurement, at least one step (1)
  --threads N       threads of each (2)
  --parallel        two processes of one thread each at the same time, not one of --threads
  --batch N         images a batch (128)
  --width N         what numbers of channels and units are multiplied by (1)
  --evaluate N      compare the evaluation of N images, not training
  --engine NAME     our engine (onnx)
  --layout NAME     our memory layout (auto)`;

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    models: { type: 'string', default: MODEL_NAMES.join(',') },
    base: { type: 'string' },
    sides: { type: 'string' },
    rounds: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
    parallel: { type: 'boolean', default: false },
    batch: { type: 'string', default: '128' },
    width: { type: 'string', default: '1' },
    evaluate: { type: 'string' },
    engine: { type: 'string', default: 'onnx' },
    layout: { type: 'string', default: 'auto' },
    help: { type: 'boolean', default: false },
  },
});

const processes = values.parallel ? 2 : 1;
const threads = values.parallel ? '1' : values.threads;

function readSides(): readonly Side[] {
  const there = SIDES.filter((side) => side !== 'base' || values.base !== undefined);
  if (values.sides === undefined) return there;
  return values.sides
    .split(',')
    .map(
      (name) =>
        there.find((side) => side === name) ??
        fail(`--sides names "${name}"; expected some of ${there.join(', ')}`),
    );
}

/** Measures a model on all sides, round by round, in processes that stay open from first to last. */
async function measureModel(
  model: string,
  sides: readonly Side[],
  programOf: (side: Side, model: string) => Program,
): Promise<RoundResults[]> {
  const teams = new Map<Side, Team>();
  const close = () => Promise.all([...teams.values()].map((team) => team.close()));
  try {
    for (const side of sides)
      teams.set(side, await openTogether(programOf(side, model), processes));
    const rounds: RoundResults[] = [];
    for (let round = 0; round < readNumber('rounds', values.rounds); round += 1) {
      const results = new Map<Side, Awaited<ReturnType<Team['measure']>>>();
      for (const side of orderOf(sides, round)) {
        results.set(side, (await teams.get(side)?.measure()) ?? []);
      }
      rounds.push(results);
    }
    return rounds;
  } finally {
    await close();
  }
}

async function compare(): Promise<void> {
  const models = values.models.split(',').map((name) => findModel(name).name);
  const sides = readSides();
  const machine = await describeMachine();
  const base = values.base === undefined ? {} : { base_commit: findCommit(values.base) };
  console.log(JSON.stringify({ ...machine, ...base }));
  const { seconds, batch, width, evaluate, engine, layout, python } = values;
  const measured = {
    measured: evaluate === undefined ? 'training' : 'evaluation',
    batch: readNumber('batch', batch),
    width: readNumber('width', width),
    processes,
    threads: readNumber('threads', threads),
  };
  const common = [
    ...['--seconds', seconds, '--threads', threads, '--batch', batch, '--width', width],
    ...(evaluate === undefined ? [] : ['--evaluate', evaluate]),
  ];
  const ours = ['--engine', engine, '--layout', layout];
  const options = { common, ours, python, base: values.base };
  const summaries = await withSides(options, async (programOf) => {
    const lines = [];
    for (const model of models) {
      const summary = summarize(
        model,
        sides,
        await measureModel(model, sides, programOf),
        measured,
      );
      console.log(JSON.stringify(summary));
      for (const [side, spread] of Object.entries(summary.spread)) {
        if (spread <= WIDE_SPREAD) continue;
        const far = `${Math.round(100 * spread)} % apart`;
        console.error(
          `warning: ${model}, ${side}: the rounds lie ${far}; measure again, undisturbed`,
        );
      }
      lines.push(summary);
    }
    return lines;
  });
  console.log(`\n${formatComparison(machine, sides, summaries)}`);
}

await runMain(async () => {
  if (values.help) console.log(USAGE);
  else await compare();
  return 0;
});
