/** What `pipeline calibrate` has measured, on whichever machine: kept in the state of the workspace. */

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { compileSchema } from '../../experiment/data/json.ts';
import type { StepSetting, StepTimes } from './time-steps.ts';

/** What of a machine decides how long steps take. */
export interface MachineName {
  readonly processor: string;
  /** How many threads work at once here. */
  readonly cores: number;
}

/** Steps that were timed. */
export interface KeptStep extends StepSetting, StepTimes, MachineName {
  /** ISO 8601. */
  readonly measuredAt: string;
}

interface KeptFile {
  readonly schema: 1;
  readonly steps: readonly KeptStep[];
}

const FILE = 'steps.json';
const text = { type: 'string', minLength: 1 };
const seconds = { type: 'number', minimum: 0 };
const count = { type: 'integer', minimum: 1 };
const STEP = {
  model: text,
  width: { type: 'number', exclusiveMinimum: 0 },
  batchSize: count,
  engine: text,
  device: text,
  layout: text,
  threads: count,
  step: { type: 'number', exclusiveMinimum: 0 },
  test: { type: 'number', exclusiveMinimum: 0 },
  opening: seconds,
  adapter: { type: ['string', 'null'] },
  processor: text,
  cores: count,
  measuredAt: text,
} satisfies Record<keyof KeptStep, object>;

const validate = compileSchema<KeptFile>({
  type: 'object',
  properties: {
    schema: { const: 1 },
    steps: {
      type: 'array',
      items: { type: 'object', properties: STEP, required: Object.keys(STEP) },
    },
  },
  required: ['schema', 'steps'],
});

/** This machine. */
export function nameMachine(): MachineName {
  return { processor: cpus()[0]?.model.trim() || 'unknown', cores: availableParallelism() };
}

/**
 * All that was measured, the newest first. Nothing where it was not, and of a file that is damaged or of another
 * version: what it held can be measured again.
 */
export function readSteps(state: string): readonly KeptStep[] {
  try {
    const value: unknown = JSON.parse(readFileSync(join(state, FILE), 'utf8'));
    if (!validate(value)) return [];
    return value.steps.toSorted((a, b) => (a.measuredAt < b.measuredAt ? 1 : -1));
  } catch {
    return [];
  }
}

/** Keeps a measurement in the place of an older one of the same, atomically. */
export function keepStep(state: string, step: KeptStep): void {
  const key = keyOf(step);
  const others = readSteps(state).filter((one) => keyOf(one) !== key);
  const file: KeptFile = { schema: 1, steps: [step, ...others] };
  mkdirSync(state, { recursive: true });
  const aside = join(state, `${FILE}.${process.pid}.tmp`);
  writeFileSync(aside, `${JSON.stringify(file, null, 1)}\n`);
  renameSync(aside, join(state, FILE));
}

function keyOf({ processor, cores, adapter, ...step }: KeptStep): string {
  const { model, width, batchSize, engine, device, layout, threads } = step;
  return JSON.stringify([
    ...[processor, cores, adapter],
    ...[model, width, batchSize, engine, device, layout, threads],
  ]);
}
