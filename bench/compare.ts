/**
 * Compares this project with PyTorch on the machine at hand: `npx tsx bench/compare.ts --help`.
 * Both run in turn, round by round, because the speed of a machine changes with the minute. Prints
 * one JSON line a model, medians over the rounds, then a table in Markdown.
 */

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findModel, MODEL_NAMES } from '../experiment/models/registry.ts';
import { median } from './measure.ts';
import { readNumber, runMain } from './options.ts';
import { type Program, runTogether } from './run-together.ts';

const USAGE = `Usage: npx tsx bench/compare.ts --python <python with torch> [options]
  --models A,B      models to compare (${MODEL_NAMES.join(',')})
  --rounds N        how often each is measured, in turn (5)
  --seconds N       seconds of a measurement (3)
  --threads N       threads of each (2)
  --parallel        two processes of one thread each at the same time, not one of --threads
  --batch N         images a batch (128)
  --evaluate N      compare the evaluation of N images, not training
  --engine NAME     our engine (onnx)
  --layout NAME     our memory layout (auto)
  --channels-last   PyTorch's memory format channels_last, not its default`;

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    models: { type: 'string', default: MODEL_NAMES.join(',') },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    parallel: { type: 'boolean', default: false },
    batch: { type: 'string', default: '128' },
    evaluate: { type: 'string' },
    engine: { type: 'string', default: 'onnx' },
    layout: { type: 'string', default: 'auto' },
    'channels-last': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const SIDES = ['ours', 'pytorch'] as const;
type Side = (typeof SIDES)[number];

/** What the processes of one measurement gave together. */
interface Result {
  readonly imagesPerSecond: number;
  /** Of the process that took most memory. */
  readonly megabytes: number;
}

const processes = values.parallel ? 2 : 1;
const threads = values.parallel ? '1' : values.threads;

function programOf(side: Side, model: string): Program {
  const { python, seconds, batch, evaluate, engine, layout } = values;
  const options = [
    ...['--models', model, '--seconds', seconds, '--threads', threads, '--batch', batch],
    ...(evaluate === undefined ? [] : ['--evaluate', evaluate]),
  ];
  if (side === 'ours') {
    const script = fileURLToPath(new URL('train-step.ts', import.meta.url));
    const ours = ['--engine', engine, '--layout', layout];
    return { command: process.execPath, args: [...process.execArgv, script, ...options, ...ours] };
  }
  const script = fileURLToPath(new URL('pytorch_step.py', import.meta.url));
  const format = values['channels-last'] ? ['--channels-last'] : [];
  return { command: python, args: [script, ...options, ...format] };
}

async function measure(side: Side, model: string): Promise<Result> {
  const lines = await runTogether(programOf(side, model), processes);
  return {
    imagesPerSecond: lines.reduce((sum, line) => sum + line.images_per_s, 0),
    megabytes: Math.max(...lines.map((line) => line.rss_mb)),
  };
}

/** The line to print about one model. */
function summarize(model: string, rounds: readonly Record<Side, Result>[]) {
  const medianOf = (side: Side, of: keyof Result) => median(rounds.map((each) => each[side][of]));
  const [ours, pytorch] = [
    medianOf('ours', 'imagesPerSecond'),
    medianOf('pytorch', 'imagesPerSecond'),
  ];
  const milliseconds = (imagesPerSecond: number) =>
    Number(((1000 * Number(values.batch)) / imagesPerSecond).toFixed(2));
  const ratio = (a: number, b: number) => Number((a / b).toFixed(3));
  return {
    model,
    measured: values.evaluate === undefined ? 'training' : 'evaluation',
    processes,
    threads: Number(threads),
    rounds: rounds.length,
    ours_images_per_s: ours,
    pytorch_images_per_s: pytorch,
    ours_ms_per_batch: milliseconds(ours),
    pytorch_ms_per_batch: milliseconds(pytorch),
    ratio: ratio(ours, pytorch),
    ratios: rounds.map((each) => ratio(each.ours.imagesPerSecond, each.pytorch.imagesPerSecond)),
    ours_rss_mb: medianOf('ours', 'megabytes'),
    pytorch_rss_mb: medianOf('pytorch', 'megabytes'),
  };
}

type Summary = ReturnType<typeof summarize>;

function formatTable(summaries: readonly Summary[]): string {
  const rows = summaries.map((line) => [
    line.model,
    String(line.ours_ms_per_batch),
    String(line.pytorch_ms_per_batch),
    String(line.ours_images_per_s),
    String(line.pytorch_images_per_s),
    line.ratio.toFixed(2),
    `${Math.min(...line.ratios).toFixed(2)}–${Math.max(...line.ratios).toFixed(2)}`,
  ]);
  const head = ['model', 'ms', 'PyTorch', 'images/s', 'PyTorch', 'ratio', 'of rounds'];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [head, rule, ...rows].map(line).join('\n');
}

async function compare(): Promise<void> {
  const models = values.models.split(',').map((name) => findModel(name).name);
  const rounds = readNumber('rounds', values.rounds);
  const results = new Map<string, Record<Side, Result>[]>(models.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [model, measured] of results) {
      // The one that comes first finds a cooler processor: they take turns.
      const order = round % 2 === 0 ? SIDES : SIDES.toReversed();
      const found: Partial<Record<Side, Result>> = {};
      for (const side of order) found[side] = await measure(side, model);
      const { ours, pytorch } = found;
      if (ours !== undefined && pytorch !== undefined) {
        measured.push({ ours, pytorch });
        const speeds = `${ours.imagesPerSecond} images/s, PyTorch ${pytorch.imagesPerSecond}`;
        console.error(`round ${round + 1}, ${model}: ${speeds}`);
      }
    }
  }
  const summaries = [...results].map(([model, measured]) => summarize(model, measured));
  for (const summary of summaries) console.log(JSON.stringify(summary));
  console.log(`\n${formatTable(summaries)}`);
}

await runMain(async () => {
  if (values.help) console.log(USAGE);
  else await compare();
  return 0;
});
