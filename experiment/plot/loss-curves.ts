/** The loss curves of trainings: their points, their means, and what it takes to see each in its panel. */

import { nameTest } from '../corruption/randomization-tests.ts';
import type { TrainingRun } from '../recorded/read-runs.ts';
import { countCovering, countHidden } from './coincide.ts';
import { DOT_SIZE, dropPartialMeans } from './curve-layers.ts';
import { addMeans, type Bounds, type RunRow } from './replicates.ts';
import { smoothCurve, thinLosses } from './smooth.ts';

/** A logged step of one run, or the mean of several at it. */
export interface CurvePoint extends RunRow {
  readonly model: string;
  /** The randomization test. */
  readonly test: string;
  readonly step: number;
  readonly epoch: number;
  readonly loss: number;
  /** Centred mean of the loss over one epoch of steps. */
  readonly smoothed: number;
  /** True for the last logged step of the epoch that met the interpolation threshold. */
  readonly threshold: boolean;
}

/** Points a curve and panel are drawn with, about, however many steps there are: two a bucket. */
const BUCKETS = 150;

/** The points of a run's curve, in the order of its steps. */
export function tabulateCurve(run: TrainingRun): readonly CurvePoint[] {
  const { thresholdStep } = run;
  const smoothed = smoothCurve(
    run.steps.map(({ loss }) => loss),
    run.steps.filter(({ epoch }) => epoch === 1).length,
  );
  const thresholdIndex =
    thresholdStep === null ? -1 : run.steps.findLastIndex(({ step }) => step <= thresholdStep);
  const test = nameTest(run);
  return run.steps.map(({ step, epoch, loss }, index) => ({
    model: run.model,
    test,
    statistic: 'run',
    seed: run.seed,
    n: 1,
    experiment: run.experiment,
    step,
    epoch,
    loss,
    smoothed: smoothed[index] ?? loss,
    threshold: index === thresholdIndex,
  }));
}

/** Appends the means over seeds at each step that all of them have logged. */
export function averageCurves(
  points: readonly CurvePoint[],
): readonly (CurvePoint & Bounds<'loss' | 'smoothed'>)[] {
  const curveOf = ({ model, test }: CurvePoint) => `${model} ${test}`;
  const all = addMeans(points, ['loss', 'smoothed'], (point) => `${curveOf(point)} ${point.step}`);
  return dropPartialMeans(all, curveOf).map((point) =>
    point.statistic === 'mean' ? { ...point, threshold: false } : point,
  );
}

/** A point with what it takes to be seen. */
export interface ShownPoint extends CurvePoint {
  /** Number of curves that lie under its own. */
  readonly hides: number;
  /** Area of its dot, in square pixels. */
  readonly dot: number;
}

/**
 * Thins the curves of a panel, and says which of them, and of their dots, lie on each other.
 *
 * @param top height of the panel
 */
export function showAll(
  panel: readonly (readonly CurvePoint[])[],
  main: RunRow['statistic'],
  top: number,
): readonly ShownPoint[] {
  const lastStep = Math.max(...panel.map((curve) => curve.at(-1)?.step ?? 0));
  const strong = panel.filter(([first]) => first?.statistic === main);
  const hidden = countHidden(
    strong.map((curve) => new Map(curve.map(({ step, smoothed }) => [step, smoothed]))),
    top,
  );
  const dots = panel.flatMap((curve) => curve.filter(({ threshold }) => threshold));
  const covering = countCovering(
    dots.map(({ step, smoothed, test }) => ({ x: step, y: smoothed, kind: test })),
    { x: lastStep, y: top },
  );
  return panel.flatMap((curve) => {
    const hides = Math.min(2, hidden[strong.indexOf(curve)] ?? 0);
    return thinPoints(curve, lastStep).map((point) => {
      const over = covering[dots.indexOf(point)] ?? 0;
      return { ...point, hides, dot: DOT_SIZE * (1 + 1.6 * over) };
    });
  });
}

function thinPoints(curve: readonly CurvePoint[], lastStep: number): CurvePoint[] {
  const kept = new Set(thinLosses(curve, BUCKETS, lastStep));
  return curve.filter((point) => kept.has(point) || point.threshold);
}
