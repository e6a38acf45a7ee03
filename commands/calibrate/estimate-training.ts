/**
 * How long trainings and evaluations take (`estimate:` of their stages): by runs of the same work, else by steps that
 * were calibrated, else by the steps of other runs; times the epochs that the config allows, or that others needed.
 */

import type { EstimateContext, PastWork, WorkEstimate, WorkToEstimate } from 'rederive/contract';
import { countBatches } from '../../experiment/training/batches.ts';
import { type KeptStep, nameMachine, readSteps } from './kept-steps.ts';
import {
  computesByThreads,
  countImages,
  type ImageCounts,
  nameSetting,
  readWork,
  type TrainingWork,
} from './training-work.ts';

/** What brings estimates of models of whose steps nothing is known. */
export const hint = 'pipeline calibrate measures how long steps of each model take';

/** Estimates nodes of the stages `train`, `interrupt` and `evaluate`; null of those of whose steps nothing is known. */
export async function estimate(
  context: EstimateContext,
): Promise<readonly (WorkEstimate | null)[]> {
  const images = countImages(context.parameters);
  const kept = readSteps(context.state).filter((step) => context.isCluster || isHere(step));
  const pasts = new Map<string, readonly PastTraining[]>();
  const pastOf = (stage: string) => {
    const known = pasts.get(stage) ?? context.past(stage).flatMap(readPast);
    pasts.set(stage, known);
    return known;
  };
  return context.nodes.map((node) => {
    const work = readWork(node);
    if (work === null || images === null) return null;
    const parts = { node, work, images, kept, past: pastOf(node.stage) };
    return node.stage === 'evaluate' ? estimateTest(parts) : estimateTraining(parts);
  });
}

/** A run of the past, with what its work was. */
interface PastTraining extends TrainingWork {
  readonly run: PastWork;
}

interface EstimateParts {
  readonly node: WorkToEstimate;
  readonly work: TrainingWork;
  readonly images: ImageCounts;
  readonly kept: readonly KeptStep[];
  readonly past: readonly PastTraining[];
}

function isHere({ processor, cores }: KeptStep): boolean {
  const here = nameMachine();
  return processor === here.processor && cores === here.cores;
}

function readPast(run: PastWork): PastTraining[] {
  const work = readWork(run);
  return work === null ? [] : [{ ...work, run }];
}

function estimateTraining(parts: EstimateParts): WorkEstimate | null {
  const { node, work, images, past } = parts;
  const { config } = work;
  const stepsAnEpoch = countBatches(images.train, config.batch_size);
  const alike = past.filter(
    (one) => isSameSetting(one, work) && Math.ceil(stepsAnEpochOf(one.run)) === stepsAnEpoch,
  );
  const same = alike.filter(
    (one) => nameCourse(one) === nameCourse(work) && isSameLength(one, work),
  );
  const whole = same.find(({ run }) => run.isWhole === true);
  if (whole !== undefined) return recall(whole.run);
  const pace = paceByKept(parts) ?? paceByPast(alike);
  if (pace === null) return null;
  const epochs = fixedEpochs(node) ?? expectEpochs(work, alike);
  const testsAnEpoch = config.evaluate_every === 0 ? 0 : 1 / config.evaluate_every;
  const tests = countBatches(images.test, config.batch_size) * pace.test * testsAnEpoch;
  // What went on from another took longer from its beginning, whatever the pace is taken to be.
  const floor = Math.max(0, ...same.map(({ run }) => run.seconds));
  const secondsOf = (count: number) =>
    Math.max(floor, pace.opening + count * (stepsAnEpoch * pace.step + tests));
  return {
    seconds: { least: secondsOf(epochs.least), most: secondsOf(epochs.most) },
    cpus: pace.cpus,
    source: pace.source,
    notes: [...pace.notes, epochs.note],
  };
}

function estimateTest(parts: EstimateParts): WorkEstimate | null {
  const { work, images, past } = parts;
  const pace = paceByKept(parts);
  if (pace === null) {
    const like = past.filter((one) => isSameSetting(one, work));
    const [newest] = like;
    return newest === undefined ? null : recall(newest.run);
  }
  const seconds = pace.opening + countBatches(images.test, work.config.batch_size) * pace.test;
  const { cpus, source, notes } = pace;
  return { seconds: { least: seconds, most: seconds }, cpus, source, notes };
}

function recall({ seconds, cpus }: PastWork): WorkEstimate {
  return { seconds: { least: seconds, most: seconds }, cpus, source: 'recorded', notes: [] };
}

/** How fast steps go. */
interface Pace extends Pick<WorkEstimate, 'cpus' | 'source' | 'notes'> {
  readonly step: number;
  readonly test: number;
  readonly opening: number;
}

/** By what was measured last, with as many threads as the node may have or the next fewer. */
function paceByKept({ node, work, kept }: EstimateParts): Pace | null {
  const name = nameSetting(work.setting);
  const all = kept.filter((step) => nameSetting(step) === name);
  const [newest] = all;
  if (newest === undefined) return null;
  const { processor, cores, adapter } = newest;
  const there = all
    .filter(
      (one) =>
        [one.processor, one.cores, one.adapter].join() === [processor, cores, adapter].join(),
    )
    .sort((a, b) => a.threads - b.threads);
  const best = there.findLast(({ threads }) => threads <= node.cpus.most) ?? there[0] ?? newest;
  const { step, test, opening, threads } = best;
  const by = adapter ?? `${processor}, ${threads === 1 ? '1 thread' : `${threads} threads`}`;
  const cpus = adapter === null && computesByThreads(work.setting) ? threads : null;
  return { step, test, opening, cpus, source: 'calibrated', notes: [`steps of ${by}`] };
}

/**
 * By what other trainings of the model took a step, all in all: the newest one that was timed from its beginning. Of
 * runs of which nothing tells it, the slowest, as steps of what went on from another seem the faster the later
 * it did; null where all did that are known.
 */
function paceByPast(alike: readonly PastTraining[]): Pace | null {
  const timed = alike.filter(({ run }) => stepOf(run) !== null);
  const whole = timed.find(({ run }) => run.isWhole === true);
  const unknown = timed.filter(({ run }) => run.isWhole === null).map(({ run }) => run);
  const run =
    whole?.run ?? unknown.sort((a, b) => (stepOf(b) ?? 0) - (stepOf(a) ?? 0)).at(0) ?? null;
  const step = run === null ? null : stepOf(run);
  if (run === null || step === null) return null;
  const notes = [
    whole === undefined ? 'the slowest steps of earlier trainings' : 'steps of earlier trainings',
  ];
  return { step, test: step, opening: 0, cpus: run.cpus, source: 'recorded', notes };
}

/** Seconds a step, of all of a run; null where it told no steps. */
function stepOf({ seconds, summary }: PastWork): number | null {
  const steps = Number(summary['steps'] ?? 0);
  return steps > 0 ? seconds / steps : null;
}

/** How many epochs, from the fewest to the most. */
interface Epochs {
  readonly least: number;
  readonly most: number;
  readonly note: string;
}

/** Of a training that is interrupted, which goes on for as long as its own parameter says. */
function fixedEpochs({ params }: WorkToEstimate): Epochs | null {
  const { seed_importance: importance } = params as { seed_importance?: { epochs?: unknown } };
  const count = importance?.epochs;
  if (typeof count !== 'number') return null;
  return { least: count, most: count, note: `${count} epochs` };
}

/** From what the config allows to what others needed. */
function expectEpochs({ config }: TrainingWork, alike: readonly PastTraining[]): Epochs {
  const { num_epochs: most } = config;
  if (!config.stop_at_interpolation) return { least: most, most, note: `${most} epochs` };
  const course = nameCourse({ config });
  const taken = alike
    .filter((one) => one.config.stop_at_interpolation && nameCourse(one) === course)
    .map(({ run: { summary } }) => (summary['reached'] === true ? Number(summary['epochs']) : most))
    .map((epochs) => Math.min(epochs, most));
  if (taken.length === 0) return { least: 1, most, note: `at most ${most} epochs` };
  const note = 'epochs as others with the same config but the seed';
  return { least: Math.min(...taken), most: Math.max(...taken), note };
}

function isSameSetting(a: TrainingWork, b: TrainingWork): boolean {
  return nameSetting(a.setting) === nameSetting(b.setting);
}

/** Whether both go on for as long, as far as the config tells. */
function isSameLength({ config: a }: TrainingWork, { config: b }: TrainingWork): boolean {
  const lengthOf = ({ num_epochs, stop_at_interpolation, evaluate_every }: typeof a) =>
    [num_epochs, stop_at_interpolation, evaluate_every].join();
  return a.seed === b.seed && lengthOf(a) === lengthOf(b);
}

/** What decides how a training goes, beside its seed: not for how long it may, nor what is noted of it. */
function nameCourse({ config }: Pick<TrainingWork, 'config'>): string {
  const { seed, num_epochs, stop_at_interpolation, log_every, checkpoint_every, ...course } =
    config;
  const { evaluate_every, tracker, ...rest } = course;
  return JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function stepsAnEpochOf({ summary }: PastWork): number {
  return Number(summary['steps'] ?? 0) / Number(summary['epochs'] ?? 0);
}
