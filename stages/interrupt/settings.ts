/** The parameters of the stage `interrupt`. */

import type { StageContext } from 'rederive/contract';
import { fail } from '../../experiment/data/failure.ts';
import { compileSchema, formatErrors } from '../../experiment/data/json.ts';
import { openStream } from '../../experiment/data/random.ts';

/**
 * `straight`: never interrupted. `seeded`: every start is told the seed. `unseeded`: none is, so that
 * each draws its labels, split and batch order anew.
 */
export const RESTARTS = ['straight', 'seeded', 'unseeded'] as const;
export type Restart = (typeof RESTARTS)[number];

/** One start of the training. */
export interface Start {
  readonly seed: number;
  /** The epoch after which it is interrupted, in the next one; null for the last start. */
  readonly until: number | null;
}

export interface InterruptSettings {
  readonly restart: Restart;
  readonly starts: readonly Start[];
  readonly epochs: number;
  readonly train: number;
  readonly test: number;
}

interface Given {
  readonly cell: { readonly restart: Restart };
  readonly params: {
    readonly seed: number;
    readonly dataset: { readonly train: number; readonly test: number };
    readonly seed_importance: {
      readonly epochs: number;
      readonly interruptions: readonly number[];
    };
  };
}

const count = { type: 'integer', minimum: 1 };
const properties = (of: Record<string, object>) => ({
  type: 'object',
  properties: of,
  required: Object.keys(of),
});
const validate = compileSchema<Given>(
  properties({
    cell: properties({ restart: { enum: RESTARTS } }),
    params: properties({
      seed: { type: 'integer' },
      dataset: properties({ train: count, test: count }),
      seed_importance: properties({
        epochs: count,
        interruptions: { type: 'array', items: count, minItems: 1 },
      }),
    }),
  }),
);

/** Takes the settings from the job. Fails, listing all that is wrong, where they do not fit. */
export function readInterruptSettings({ cell, params, node }: StageContext): InterruptSettings {
  const given: unknown = { cell, params };
  if (!validate(given)) return fail(`${node} cannot run so:\n${formatErrors(validate)}`);
  const { seed, dataset, seed_importance } = given.params;
  const { epochs, interruptions } = seed_importance;
  const ends = [...interruptions, epochs];
  if (ends.some((end, index) => end <= (ends[index - 1] ?? 0))) {
    fail(
      `seed_importance.interruptions are ${interruptions.join(', ')}; expected epochs in ascending ` +
        `order before the last, ${epochs}`,
    );
  }
  const { restart } = given.cell;
  const { train, test } = dataset;
  return { restart, starts: listStarts(restart, seed, interruptions), epochs, train, test };
}

/** The starts of a training; seeds that nobody set are drawn from the stream `restarts`. */
function listStarts(restart: Restart, seed: number, interruptions: readonly number[]): Start[] {
  if (restart === 'straight') return [{ seed, until: null }];
  const drawn = openStream(seed, 'restarts');
  return [...interruptions, null].map((until) => ({
    seed: restart === 'seeded' ? seed : drawn.integer(2 ** 31),
    until,
  }));
}
