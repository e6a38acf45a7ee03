/** The command `pipeline calibrate`: how long training steps of a profile's models take on this machine. */

import type { CommandContext, WorkToEstimate } from 'rederive/contract';
import { fail } from '../experiment/data/failure.ts';
import { fullModelName } from '../experiment/models/registry.ts';
import { alignColumns } from '../experiment/models/table.ts';
import { countBatches } from '../experiment/training/batches.ts';
import { type KeptStep, keepStep, nameMachine } from './calibrate/kept-steps.ts';
import type { StepSetting, StepTimes } from './calibrate/time-steps.ts';
import {
  computesByThreads,
  countImages,
  type ImageCounts,
  nameSetting,
  readWork,
} from './calibrate/training-work.ts';
import { callInChild } from './call-in-child.ts';
import { readArguments } from './read-arguments.ts';
import { Interrupted } from './run-program.ts';

const USAGE = `Usage: pipeline calibrate [model…] [--seconds <n>] [--profile <name>] [--set <key=value>] [--json]

Measures on this machine how long training steps of each model of a profile take, with the width, batch size and
engine of its experiments, on noise, after a warm-up: with as many threads as a training may have at least and at
most. What comes of it is kept in the workspace, by machine, and pipeline plan and --budget go by it. On a cluster,
run it on one of its nodes: srun pipeline calibrate

Options:
      --seconds <n>      how long steps of a model are measured (default 3)
  -p, --profile <name>   the profile of pipeline.yaml (default: its default_profile)
  -s, --set <key=value>  change a parameter; may be repeated
      --json             print what was measured as JSON

Example: pipeline calibrate MLP1 AlexNetSmall --profile paper
`;

/** A model may be large, and its engine long in starting. */
const PATIENCE_SECONDS = 600;

/**
 * Measures, and prints a table.
 *
 * @returns 0 done, 1 where some models could not be measured, 128 and the signal's number where interrupted
 * @throws StageFailure where the arguments are wrong
 */
export async function main(context: CommandContext): Promise<number> {
  const { values, positionals } = readOptions(context.args);
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const seconds = Number(values.seconds ?? 3);
  if (!(seconds > 0 && seconds <= 60)) {
    return fail(`--seconds is "${values.seconds}"; expected a number above 0, up to 60`);
  }
  const { profile, set, json } = values;
  const selection = { ...(profile === undefined ? {} : { profile }), ...(set ? { set } : {}) };
  const { parameters, nodes } = await context.describeWork(['train'], selection);
  const images = countImages(parameters) ?? fail('dataset.train and dataset.test are no numbers');
  const settings = listSettings(nodes, positionals.map(fullModelName));
  return withInterruption(async (signal) => {
    const { measured, faults } = await measureAll(settings, { context, seconds, signal });
    process.stdout.write(
      json === true
        ? `${JSON.stringify({ machine: nameMachine(), images, steps: measured }, null, 1)}\n`
        : formatSteps(measured, images),
    );
    for (const fault of faults) process.stderr.write(`pipeline calibrate: ${fault}\n`);
    return faults.length === 0 ? 0 : 1;
  });
}

function readOptions(args: readonly string[]) {
  return readArguments(args, USAGE, {
    allowPositionals: true,
    options: {
      seconds: { type: 'string' },
      profile: { type: 'string', short: 'p' },
      set: { type: 'string', multiple: true, short: 's' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
}

/** What is to be measured, each once. @throws StageFailure for a model that the profile does not train */
function listSettings(
  nodes: readonly WorkToEstimate[],
  wanted: readonly string[],
): readonly StepSetting[] {
  const settings = new Map<string, StepSetting>();
  for (const node of nodes) {
    const work = node.stage === 'train' ? readWork(node) : null;
    if (work === null) continue;
    const { least, most } = node.cpus;
    for (const threads of new Set(computesByThreads(work.setting) ? [least, most] : [most])) {
      settings.set(`${nameSetting(work.setting)} ${threads}`, { ...work.setting, threads });
    }
  }
  const all = [...settings.values()];
  const models = new Set(all.map(({ model }) => model));
  const missing = wanted.filter((model) => !models.has(model));
  if (missing.length > 0) {
    fail(`the profile trains no ${missing.join(', ')}; its models are ${[...models].join(', ')}`);
  }
  return all.filter(({ model }) => wanted.length === 0 || wanted.includes(model));
}

interface Measuring {
  readonly context: Pick<CommandContext, 'workspace' | 'state'>;
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** Measures one after the other, and keeps each as soon as it is known. */
async function measureAll(
  settings: readonly StepSetting[],
  { context, seconds, signal }: Measuring,
) {
  const measured: KeptStep[] = [];
  const faults: string[] = [];
  for (const [i, setting] of settings.entries()) {
    tellProgress(`${i + 1} of ${settings.length}: ${wordSetting(setting)}`);
    const result = await callInChild<StepTimes>('timeSteps', JSON.stringify({ setting, seconds }), {
      cwd: context.workspace,
      signal,
      patienceSeconds: PATIENCE_SECONDS,
    }).finally(() => tellProgress(''));
    if (!result.ok) {
      faults.push(`${wordSetting(setting)}: ${result.reason}`);
      continue;
    }
    const measuredAt = new Date().toISOString();
    const step: KeptStep = { ...setting, ...result.value, ...nameMachine(), measuredAt };
    measured.push(step);
    try {
      keepStep(context.state, step);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      faults.push(`${wordSetting(setting)}: measured, but not kept: ${why}`);
    }
  }
  return { measured, faults };
}

function wordSetting({ model, width, batchSize, engine, threads }: StepSetting): string {
  const by = threads === 1 ? '1 thread' : `${threads} threads`;
  return `${model}, width ${width}, batches of ${batchSize}, ${engine}, ${by}`;
}

/** In one line of a terminal; nowhere else. */
function tellProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function formatSteps(steps: readonly KeptStep[], images: ImageCounts): string {
  if (steps.length === 0) return '';
  const rows = steps.map(({ model, width, batchSize, engine, threads, step, test, opening }) => [
    model,
    engine,
    String(width),
    String(batchSize),
    String(threads),
    (step * 1000).toFixed(1),
    wordSeconds(step * countBatches(images.train, batchSize)),
    wordSeconds(test * countBatches(images.test, batchSize)),
    wordSeconds(opening),
  ]);
  const head = ['model', 'engine', 'width', 'batch', 'threads'];
  const times = ['ms a step', 'an epoch', 'a test', 'start'];
  const { processor, cores } = nameMachine();
  const adapters = new Set(steps.flatMap(({ adapter }) => adapter ?? []));
  const where = [`${processor}, ${cores} ${cores === 1 ? 'core' : 'cores'}`, ...adapters].join(
    '; ',
  );
  const about = `on ${images.train} images an epoch and ${images.test} a test; ${where}`;
  return `${alignColumns([[...head, ...times], ...rows], 2).join('\n')}\n\n${about}\n`;
}

function wordSeconds(seconds: number): string {
  if (seconds < 100) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  return seconds < 6000 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Ends what is measured at a signal; what was measured before is kept. */
async function withInterruption(use: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  const names = Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[];
  const stop = (name: NodeJS.Signals) => controller.abort(name);
  for (const name of names) process.once(name, stop);
  try {
    return await use(controller.signal);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    process.stderr.write('pipeline calibrate: interrupted; what was measured before is kept\n');
    return EXIT_CODES[error.signal as keyof typeof EXIT_CODES] ?? 1;
  } finally {
    for (const name of names) process.off(name, stop);
  }
}
