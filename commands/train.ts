/** The command `pipeline train`: one experiment by its config, trained and tested. */

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import type { CommandContext, NodeStatus } from 'rederive/contract';
import { parseDocument } from 'yaml';
import { fail } from '../experiment/data/failure.ts';
import { type ExperimentConfig, parseConfig } from '../experiment/recorded/config.ts';
import { parseMetrics } from '../experiment/recorded/metrics.ts';
import { type ConfigPlace, formatExperimentName, parseConfigPath } from './experiment-name.ts';
import { readArguments } from './read-arguments.ts';
import { writeState } from './state-block.ts';

const USAGE = `Usage: pipeline train --config <file> [--epochs <n>] [--set <key=value>] [options of run]

Trains the experiment of a config to its last epoch, beyond the interpolation threshold, and tests
it. A config that does not exist is written, if its name says what it should hold. Its data is brought
up to date; more epochs than last time go on from the last checkpoint. What came of it is noted in the
config's block "state".

Options: --jobs, --force, --offline, --tracker, --quiet and --json are those of pipeline run. An experiment that
Comet was told of goes on there: its key is in that block too.

Example: pipeline train --config experiments/quick/MLP1/MLP1_0.0_none.yaml --epochs 20
`;

/**
 * Trains, tests, and notes the result.
 *
 * @returns 0 done, 1 failed or diverged, else run's exit code
 * @throws StageFailure where the arguments or the config are wrong, or the training diverged
 */
export async function main(context: CommandContext): Promise<number> {
  const { values, passed, trackers } = readOptions(context.args);
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (values.config === undefined) return fail(`--config is missing\n\n${USAGE}`);
  const path = relative(context.workspace, resolve(values.config)).split(sep).join('/');
  const place = parseConfigPath(path);
  const set = [
    ...settingsOf(place, readExisting(join(context.workspace, path), place)),
    ...(values.epochs === undefined ? [] : [`training.epochs=${readEpochs(values.epochs)}`]),
    'training.stop_at_interpolation=false',
    ...(values.set ?? []),
  ];
  const target = `evaluate/${place.name}`;
  const { profile } = place;
  const known = trackers.includes('none') ? null : readKey(join(context.workspace, path));
  const tracked = [...trackers, ...(known === null ? [] : [`comet=${known}`])];
  passed.push(...tracked.flatMap((tracker) => ['--tracker', tracker]));
  const sets = set.flatMap((setting) => ['--set', setting]);
  const code = await context.pipeline(['run', target, '--profile', profile, ...sets, ...passed]);
  if (code !== 0) return code;
  return noteResult(context, place, await context.status([target], { profile, set }));
}

function readOptions(args: readonly string[]) {
  const { values } = readArguments(args, USAGE, {
    options: {
      config: { type: 'string' },
      epochs: { type: 'string' },
      set: { type: 'string', multiple: true, short: 's' },
      tracker: { type: 'string', multiple: true },
      jobs: { type: 'string', short: 'j' },
      force: { type: 'boolean', short: 'f' },
      offline: { type: 'boolean' },
      quiet: { type: 'boolean', short: 'q' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const flags = (['force', 'offline', 'quiet', 'json'] as const).filter((name) => values[name]);
  const jobs = values.jobs === undefined ? [] : ['--jobs', values.jobs];
  const passed = [...flags.map((name) => `--${name}`), ...jobs];
  return { values, passed, trackers: values.tracker ?? [] };
}

function readEpochs(text: string): number {
  const epochs = Number(text);
  if (Number.isInteger(epochs) && epochs > 0) return epochs;
  return fail(`--epochs is "${text}"; expected a whole number from 1`);
}

/** The key of the experiment that the last training noted in its config, with the work it is of; null for none. */
function readKey(path: string): string | null {
  if (!existsSync(path)) return null;
  const document = parseDocument(readFileSync(path, 'utf8'));
  const [key, work] = ['experiment_key', 'experiment_work'].map((name) =>
    document.getIn(['state', name]),
  );
  return typeof key === 'string' && typeof work === 'string' ? `${key}@${work}` : null;
}

/** The config at a path, without its state; null where there is none. */
function readExisting(path: string, place: ConfigPlace): ExperimentConfig | null {
  if (!existsSync(path)) return null;
  const document = parseDocument(readFileSync(path, 'utf8'));
  const [error] = document.errors;
  if (error !== undefined) return fail(`${path} is not valid YAML: ${error.message}`);
  document.delete('state');
  const config = parseConfig(document.toJS());
  const says = formatExperimentName({
    model: config.model_name,
    p: config.label_corruption_prob,
    corruption: config.data_corruption_type,
    decay: config.weight_decay > 0,
    crop: config.crop,
    seed: config.seed,
  });
  if (says !== place.name) fail(`${path} is named ${place.name}, but holds ${says}`);
  return config;
}

/** The parameters that make the pipeline write this config: those of the name, then of its content. */
function settingsOf(place: ConfigPlace, config: ExperimentConfig | null): string[] {
  const named = [
    `models=["${place.model}"]`,
    `levels=[${place.p}]`,
    `decay=[${place.decay}]`,
    `crop=[${place.crop}]`,
    `seed=${place.seed}`,
    'seeds=1',
  ];
  if (config === null) return named;
  const training = {
    width: config.width,
    net_width: null,
    init: config.init,
    convolution_init: null,
    inception_init: null,
    epochs: config.num_epochs,
    batch_size: config.batch_size,
    learning_rate: config.learning_rate,
    momentum: config.momentum,
    ...scheduleOf(config),
    ...(place.decay ? { weight_decay: config.weight_decay } : {}),
    log_every: config.log_every,
    checkpoint_every: config.checkpoint_every,
    evaluate_every: config.evaluate_every,
    tracker: config.tracker,
  };
  return [
    ...named,
    `dataset.split=${config.split}`,
    ...Object.entries(training).map(
      ([key, value]) =>
        `training.${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
  ];
}

function scheduleOf(config: ExperimentConfig) {
  return config.schedule === 'multi-step'
    ? {
        schedule: config.schedule,
        lr_gamma: config.lr_gamma,
        lr_milestones: config.lr_milestones,
      }
    : {
        schedule: config.schedule,
        lr_decay: config.lr_decay,
        decay_steps: config.decay_steps,
      };
}

/** Writes what came of the training into the config. @returns 1 where it diverged, else 0 */
async function noteResult(
  { workspace, experimentKeys }: CommandContext,
  { name }: ConfigPlace,
  nodes: readonly NodeStatus[],
): Promise<number> {
  const outputOf = (stage: string, output: string): string => {
    const path = nodes.find(({ node }) => node === `${stage}/${name}`)?.outputs[output];
    return path ?? fail(`the pipeline has no output ${output} of ${stage}/${name}`);
  };
  const read = (path: string) => readFileSync(join(workspace, path), 'utf8');
  const lines = parseMetrics(read(outputOf('train', 'metrics')));
  const threshold = lines.find((line) => line.kind === 'threshold');
  const end = lines.at(-1);
  if (end?.kind !== 'end') return fail(`the metrics of ${name} do not end with an "end" line`);
  const { test_error } = JSON.parse(read(outputOf('evaluate', 'evaluation'))) as {
    test_error: number | null;
  };
  const config = outputOf('configure', 'config');
  const { fingerprint } = nodes.find(({ node }) => node === `train/${name}`) ?? {};
  const tracked = fingerprint == null ? null : await experimentKeys(fingerprint);
  const key = tracked?.keys['comet'] ?? null;
  const text = writeState(read(config), {
    epochs: end.epoch,
    checkpoint: outputOf('train', 'checkpoint'),
    interpolation: threshold ? { epoch: threshold.epoch, step: threshold.step } : null,
    test_error,
    experiment_key: key,
    ...(tracked === null || key === null ? {} : { experiment_work: tracked.work }),
  });
  const aside = join(workspace, `${config}.${process.pid}.tmp`);
  writeFileSync(aside, text);
  renameSync(aside, join(workspace, config));
  if (end.reason !== 'diverged') return 0;
  return fail(
    `the training of ${name} diverged at epoch ${end.epoch}, step ${end.step}: its loss became ${end.loss}; ` +
      'lower the learning rate',
  );
}
