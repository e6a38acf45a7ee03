/**
 * The facts of an experiment: what identifies it and how it was trained. Each stands here once, with its
 * schema and where it comes from; what trainings and evaluations write and what figures, claims, report and
 * publication read follows.
 */

import type { SchemaObject } from 'ajv';
import type { Dataset } from '../data/dataset.ts';
import type { Model } from '../models/model.ts';
import { type ExperimentConfig, INITS, type Init } from './config.ts';
import type { Field, RecordOf } from './fields.ts';

/** What the facts are drawn from. */
export interface Subject {
  /** Name of the experiment, for instance `MLP1_0.2_none`. */
  readonly name: string;
  readonly config: ExperimentConfig;
  readonly model: Model;
  readonly dataset: Dataset;
  readonly engine: { readonly name: string };
}

/** A field that tells something about an experiment. */
interface Fact<T> extends Field<T> {
  readonly of: (subject: Subject) => T;
}

/** A field that is there only where it applies to an experiment. */
interface OptionalFact<T> extends Field<T> {
  readonly of: (subject: Subject) => T | undefined;
  readonly optional: true;
}

type Facts = Readonly<Record<string, Fact<unknown> | OptionalFact<unknown>>>;

function fact<T>(schema: SchemaObject, of: Fact<T>['of']): Fact<T> {
  return { schema, of };
}

function optionalFact<T>(schema: SchemaObject, of: OptionalFact<T>['of']): OptionalFact<T> {
  return { schema, of, optional: true };
}

const text = { type: 'string' };
const count = { type: 'integer', minimum: 1 };
const truth = { type: 'boolean' };

const IDENTITY = {
  /** Its name, for instance `MLP1_0.2_none`. */
  experiment: fact<string>(text, ({ name }) => name),
  model: fact<string>(text, ({ model }) => model.name),
  corruption: fact<string>(text, ({ config }) => config.data_corruption_type),
  /** Probability that a label was replaced by a random one. */
  p: fact<number>(
    { type: 'number', minimum: 0, maximum: 1 },
    ({ config }) => config.label_corruption_prob,
  ),
  seed: fact<number>({ type: 'integer' }, ({ config }) => config.seed),
  weight_decay: fact<number>({ type: 'number', minimum: 0 }, ({ config }) => config.weight_decay),
  /** Whether it was trained on random crops. */
  crop: fact<boolean>(truth, ({ config }) => config.crop),
};

const DATA = {
  dataset: fact<string>(text, ({ dataset }) => dataset.info.name),
  synthetic: fact<boolean>(truth, ({ dataset }) => dataset.info.synthetic),
};

const METHOD = {
  /** What the model's numbers of channels and hidden units are multiplied by. */
  width: fact<number>({ type: 'number', exclusiveMinimum: 0 }, ({ config }) => config.width),
  /** How its weights started. */
  init: fact<Init>({ enum: INITS }, ({ config }) => config.init),
  /**
   * Steps between two decays of its learning rate; null where that decays after each epoch, or after
   * `milestones`.
   */
  decay_every: fact<number | null>({ type: ['integer', 'null'], minimum: 1 }, findDecayInterval),
  /** The epochs after which alone its learning rate fell; not there where it decayed steadily. */
  milestones: optionalFact<readonly number[]>({ type: 'array', items: count }, ({ config }) =>
    config.schedule === 'multi-step' ? config.lr_milestones : undefined,
  ),
};

/** Number of training images. */
const train = fact<number>(count, ({ dataset }) => dataset.train.count);
/** Number of test images. */
const test = fact<number>(count, ({ dataset }) => dataset.test.count);
/** Number of trained values. */
const parameters = fact<number>(count, ({ model }) => model.parameterCount);
const batch_size = fact<number>(count, ({ config }) => config.batch_size);
const engine = fact<string>(text, ({ engine: { name } }) => name);

/** What every record of an experiment tells. */
const COMMON = { ...IDENTITY, ...DATA, ...METHOD, train, parameters };

/** What the first line of a training tells, in this order. */
export const TRAINING_FACTS = {
  ...{ ...IDENTITY, ...METHOD, parameters, train, batch_size, ...DATA, engine },
};

/** What an evaluation tells of what it evaluates, in this order. */
export const EVALUATION_FACTS = { ...IDENTITY, ...DATA, ...METHOD, train, test, parameters };

/** What identifies an experiment and says how it was trained, whichever record that was read from. */
export type ExperimentFacts = RecordOf<typeof COMMON>;

/** The facts of {@link TRAINING_FACTS}. */
export type TrainingFacts = RecordOf<typeof TRAINING_FACTS>;

/** The values of some facts for an experiment, in the order of the facts; those that apply to it. */
export function tellFacts<F extends Facts>(facts: F, subject: Subject): RecordOf<F> {
  const values = Object.entries(facts).map(([name, { of }]) => [name, of(subject)] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined)) as RecordOf<F>;
}

/**
 * Steps between two decays of the learning rate, which happen at the ends of epochs; null where each
 * epoch has one, or only some have.
 */
function findDecayInterval({ config, dataset }: Subject): number | null {
  if (config.schedule === 'multi-step') return null;
  const { decay_steps, batch_size: size } = config;
  const stepsPerEpoch = Math.ceil(dataset.train.count / size);
  return decay_steps !== null && decay_steps > stepsPerEpoch ? decay_steps : null;
}
