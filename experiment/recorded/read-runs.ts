/** Reads what trainings and evaluations recorded: metrics.jsonl, evaluation.json, timing.jsonl. */

import type { JobInput, StageContext } from 'rederive/contract';
import { fail } from '../data/failure.ts';
import { compileSchema } from '../data/json.ts';
import { EVALUATION_FIELDS, type Evaluation } from './evaluation.ts';
import { type ExperimentFacts, TRAINING_FACTS, type TrainingFacts } from './facts.ts';
import { field, schemaOf } from './fields.ts';
import { checkLine, readJsonLines, suggestRerun } from './json-lines.ts';
import { TIMING_FIELDS, type TimingLine } from './timing.ts';

/** The mean loss of the steps since the last logged one; of an epoch where fewer are logged. */
interface LoggedStep {
  readonly step: number;
  readonly epoch: number;
  readonly loss: number;
}

/** How the model did in an epoch of training, or on the test images after it. */
interface EpochResult {
  readonly epoch: number;
  /** Steps done at the end of the epoch. */
  readonly step: number;
  /** Mean cross-entropy; null where it is not a finite number. */
  readonly loss: number | null;
  /** Share classified rightly, 0 to 1. */
  readonly accuracy: number;
}

/** A training, from its metrics.jsonl. */
export interface TrainingRun extends ExperimentFacts {
  readonly batchSize: number;
  readonly steps: readonly LoggedStep[];
  readonly epochs: readonly EpochResult[];
  /** Empty where the test images were not looked at in the course of training. */
  readonly tests: readonly EpochResult[];
  /** The last step of the first epoch that met the interpolation threshold; null if none did. */
  readonly thresholdStep: number | null;
  readonly end: 'interpolated' | 'epochs' | 'diverged';
}

const count = { type: 'integer', minimum: 1 };

function describeObject(properties: Record<string, object>): object {
  return { type: 'object', properties, required: Object.keys(properties) };
}

const validateKind = compileSchema<{
  readonly kind: 'step' | 'epoch' | 'threshold' | 'test' | 'end';
}>(describeObject({ kind: { enum: ['step', 'epoch', 'threshold', 'test', 'end'] } }));
const validateRun = compileSchema<TrainingFacts>(
  schemaOf({ kind: field<'run'>({ const: 'run' }), ...TRAINING_FACTS }),
);
const validateStep = compileSchema<LoggedStep>(
  describeObject({
    step: count,
    epoch: count,
    loss: { type: 'number' },
  }),
);
const validateEpoch = compileSchema<EpochResult>(
  describeObject({
    epoch: count,
    step: count,
    loss: { type: ['number', 'null'] },
    accuracy: { type: 'number', minimum: 0, maximum: 1 },
  }),
);
const validateThreshold = compileSchema<{ readonly step: number }>(describeObject({ step: count }));
const validateEnd = compileSchema<{ readonly reason: TrainingRun['end'] }>(
  describeObject({ reason: { enum: ['interpolated', 'epochs', 'diverged'] } }),
);
const validateEvaluation = compileSchema<Evaluation>(schemaOf(EVALUATION_FIELDS));
const validateTiming = compileSchema<TimingLine>(schemaOf(TIMING_FIELDS));

/** Returns the files of an input. Fails where there is none, for there is then nothing to draw. */
export function listInputs(context: StageContext, name: string): readonly JobInput[] {
  const inputs = context.inputs[name] ?? [];
  if (inputs.length > 0) return inputs;
  return fail(
    `${context.node}: expected at least one file as input '${name}', found none; ` +
      `check the input's 'where' against the matrix of the stage it comes from`,
  );
}

/** Reads a metrics.jsonl. Fails, naming file and line, where it is not one, or not a whole one. */
export async function readTrainingRun(input: JobInput): Promise<TrainingRun> {
  const [first, ...rest] = await readJsonLines(input);
  if (first === undefined) return fail(`${input.path} is empty; ${suggestRerun(input)}`);
  const { batch_size: batchSize, ...run } = checkLine(input, first, validateRun);

  const steps: LoggedStep[] = [];
  const results: Record<'epoch' | 'test', EpochResult[]> = { epoch: [], test: [] };
  let thresholdStep: number | null = null;
  let end: TrainingRun['end'] | null = null;
  for (const line of rest) {
    if (end !== null) fail(`${line.place}: expected nothing after the line of kind 'end'`);
    const { kind } = checkLine(input, line, validateKind);
    switch (kind) {
      case 'step': {
        const { step, epoch, loss } = checkLine(input, line, validateStep);
        const previous = steps.at(-1)?.step ?? 0;
        if (step <= previous) {
          fail(`${line.place}: expected a step after ${previous}, found ${step}`);
        }
        steps.push({ step, epoch, loss });
        break;
      }
      case 'threshold':
        thresholdStep = checkLine(input, line, validateThreshold).step;
        break;
      case 'end':
        end = checkLine(input, line, validateEnd).reason;
        break;
      case 'epoch':
      case 'test': {
        const { epoch, step, loss, accuracy } = checkLine(input, line, validateEpoch);
        results[kind].push({ epoch, step, loss, accuracy });
        break;
      }
    }
  }
  const { epoch: epochs, test: tests } = results;
  const logged = steps.length < epochs.length ? epochs.flatMap(readEpochAsStep) : steps;
  if (end === null || (logged.length === 0 && end !== 'diverged')) {
    return fail(
      `${input.path}: expected lines of kind 'step' or 'epoch' and, last, one of kind 'end', found ` +
        `${logged.length} with a loss and ${end === null ? 'no end' : 'an end'}; ${suggestRerun(input)}`,
    );
  }
  return { ...run, batchSize, steps: logged, epochs, tests, thresholdStep, end };
}

/** A training that logs steps less often than once an epoch is known by its epochs. */
function readEpochAsStep({ step, epoch, loss }: EpochResult): LoggedStep[] {
  return loss === null ? [] : [{ step, epoch, loss }];
}

/** Reads the input `metrics`, one training after the other: each may be long. Fails as the two above. */
export async function readTrainingRuns(context: StageContext): Promise<readonly TrainingRun[]> {
  const runs: TrainingRun[] = [];
  for (const input of listInputs(context, 'metrics')) runs.push(await readTrainingRun(input));
  return runs;
}

/**
 * Reads an evaluation.json: one JSON object on one line.
 *
 * @throws StageFailure where it is anything else
 */
export async function readEvaluation(input: JobInput): Promise<Evaluation> {
  const [line, extra] = await readJsonLines(input);
  if (line === undefined || extra !== undefined) {
    return fail(`${input.path}: expected one line of JSON, found more; ${suggestRerun(input)}`);
  }
  return checkLine(input, line, validateEvaluation);
}

/** Reads a timing.jsonl: cumulative seconds, one line an epoch. */
export async function readTiming(input: JobInput): Promise<readonly TimingLine[]> {
  return (await readJsonLines(input)).map((line) => checkLine(input, line, validateTiming));
}
