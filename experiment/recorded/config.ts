/** The config of an experiment, as `templates/experiment.yaml.njk` writes it. */

import type { ValidateFunction } from 'ajv';
import { SPLITS, type Split } from '../data/dataset-info.ts';
import { fail } from '../data/failure.ts';
import { compileSchema } from '../data/json.ts';

/** How weights start: `pytorch` as its layers do, `he` after He et al. (2015). */
export const INITS = ['pytorch', 'he'] as const;

export type Init = (typeof INITS)[number];

/** How the learning rate falls. */
const SCHEDULES = ['exponential', 'multi-step'] as const;

/** Keys are those of the YAML file, which explains each. */
export type ExperimentConfig = CommonConfig & (ExponentialConfig | MultiStepConfig);

/** The learning rate is multiplied by `lr_decay` every so many steps. */
interface ExponentialConfig {
  /** The schedule where none is given. */
  readonly schedule: 'exponential';
  readonly lr_decay: number;
  /** Null: one epoch. */
  readonly decay_steps: number | null;
}

/** The learning rate is multiplied by `lr_gamma` after each of some epochs. */
interface MultiStepConfig {
  readonly schedule: 'multi-step';
  readonly lr_gamma: number;
  /** These epochs. */
  readonly lr_milestones: readonly number[];
}

interface CommonConfig {
  readonly model_name: string;
  readonly bn: boolean;
  /** What the numbers of channels and hidden units are multiplied by; 1 where not given. */
  readonly width: number;
  /** How the weights start; `pytorch` where not given. */
  readonly init: Init;
  readonly seed: number;
  readonly split: Split;
  readonly batch_size: number;
  readonly learning_rate: number;
  readonly momentum: number;
  readonly weight_decay: number;
  /** Whether to train on random 28×28 parts of the 32×32 images; false where not given. */
  readonly crop: boolean;
  readonly num_epochs: number;
  readonly stop_at_interpolation: boolean;
  readonly log_every: number;
  readonly checkpoint_every: number;
  /** Epochs between two passes over the test images while it trains; 0, where not given too: none. */
  readonly evaluate_every: number;
  readonly label_corruption_prob: number;
  readonly data_corruption_type: string;
  readonly tracker: 'none';
}

const count = { type: 'integer', minimum: 1 };
const factor = { type: 'number', exclusiveMinimum: 0, maximum: 1 };
const schedule = { enum: SCHEDULES };
const properties = {
  model_name: { type: 'string', minLength: 1 },
  bn: { type: 'boolean' },
  width: { type: 'number', exclusiveMinimum: 0, maximum: 4 },
  init: { enum: INITS },
  seed: { type: 'integer' },
  split: { enum: SPLITS },
  batch_size: count,
  learning_rate: { type: 'number', exclusiveMinimum: 0 },
  momentum: { type: 'number', minimum: 0, exclusiveMaximum: 1 },
  weight_decay: { type: 'number', minimum: 0 },
  crop: { type: 'boolean' },
  num_epochs: count,
  stop_at_interpolation: { type: 'boolean' },
  log_every: count,
  checkpoint_every: count,
  evaluate_every: { type: 'integer', minimum: 0 },
  label_corruption_prob: { type: 'number', minimum: 0, maximum: 1 },
  data_corruption_type: { type: 'string', minLength: 1 },
  tracker: { enum: ['none'] },
} satisfies Record<keyof CommonConfig, object>;

/** What a config need not give. */
const DEFAULTS = {
  width: 1,
  init: 'pytorch',
  schedule: 'exponential',
  crop: false,
  evaluate_every: 0,
} as const;

type Given<Config> = Omit<Config, keyof typeof DEFAULTS>;

const validateExponential = compileSchema<Given<CommonConfig & ExponentialConfig>>(
  describeConfig({
    schedule,
    lr_decay: factor,
    decay_steps: { type: ['integer', 'null'], minimum: 1 },
  } satisfies Record<keyof ExponentialConfig, object>),
);
const validateMultiStep = compileSchema<Given<CommonConfig> & MultiStepConfig>(
  describeConfig({
    schedule,
    lr_gamma: factor,
    lr_milestones: { type: 'array', items: count, minItems: 1, uniqueItems: true },
  } satisfies Record<keyof MultiStepConfig, object>),
);

function describeConfig(ofSchedule: Readonly<Record<string, object>>): object {
  const all = { ...properties, ...ofSchedule };
  return {
    type: 'object',
    properties: all,
    required: Object.keys(all).filter((key) => !Object.hasOwn(DEFAULTS, key)),
    additionalProperties: false,
  };
}

/** Takes a config that comes from outside. Fails, listing every fault, where it is not one. */
export function parseConfig(value: unknown): ExperimentConfig {
  const validate = isMultiStep(value) ? validateMultiStep : validateExponential;
  return validate(value) ? { ...DEFAULTS, ...value } : refuse(validate);
}

function isMultiStep(value: unknown): boolean {
  const isObject = typeof value === 'object' && value !== null;
  return isObject && 'schedule' in value && value.schedule === 'multi-step';
}

function refuse({ errors }: ValidateFunction): never {
  const faults = (errors ?? []).map(({ instancePath, message, params, data }) => {
    const key = instancePath.slice(1);
    const extra = 'additionalProperty' in params ? ` ("${params['additionalProperty']}")` : '';
    const allowed = 'allowedValues' in params ? `: ${params['allowedValues'].join(', ')}` : '';
    const found = key === '' ? '' : `, found ${JSON.stringify(data)}`;
    return `  ${key === '' ? 'it' : key} ${message ?? 'is wrong'}${extra}${allowed}${found}`;
  });
  const total = `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`;
  return fail(`the config of the experiment has ${total}:\n${faults.join('\n')}`);
}
