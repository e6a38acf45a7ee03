/** The parameters of the stage `corrupt`. */

import type { StageContext } from 'rederive/contract';
import type { CorruptSettings } from '../../experiment/corruption/corrupt-records.ts';
import { SPLITS, type Split } from '../../experiment/data/dataset-info.ts';
import { fail } from '../../experiment/data/failure.ts';
import { compileSchema, formatErrors } from '../../experiment/data/json.ts';

interface Given {
  readonly cell: { readonly corruption: string; readonly p: number };
  readonly params: {
    readonly seed: number;
    readonly dataset: { readonly train: number; readonly test: number; readonly split: Split };
  };
}

const count = { type: 'integer', minimum: 1 };

const validate = compileSchema<Given>({
  type: 'object',
  properties: {
    cell: {
      type: 'object',
      properties: {
        corruption: { type: 'string', minLength: 1 },
        p: { type: 'number', minimum: 0, maximum: 1 },
      },
      required: ['corruption', 'p'],
    },
    params: {
      type: 'object',
      properties: {
        seed: { type: 'integer' },
        dataset: {
          type: 'object',
          properties: { train: count, test: count, split: { enum: SPLITS } },
          required: ['train', 'test', 'split'],
        },
      },
      required: ['seed', 'dataset'],
    },
  },
  required: ['cell', 'params'],
});

/** Takes the settings from the job. Fails, listing all that is wrong, where they do not fit. */
export function readCorruptSettings({ cell, params, node }: StageContext): CorruptSettings {
  const given: unknown = { cell, params };
  if (!validate(given)) return fail(`${node} cannot run so:\n${formatErrors(validate)}`);
  return {
    seed: given.params.seed,
    train: given.params.dataset.train,
    test: given.params.dataset.test,
    split: given.params.dataset.split,
    corruption: given.cell.corruption,
    p: given.cell.p,
  };
}
