/** The loss curves of trainings: their points, their means, and what it takes to see each in its panel. */

import { nameTest } from '../corruption/randomization-tests.ts';
import type { TrainingRun } from '../recorded/read-runs.ts';
import { countCovering, countHidden, type PanelCurve } from './coincide.ts';
import { DOT_SIZE, dropPartialMeans } from './curve-layers.ts';
import { averageRows, type Bounds, groupBy, type RunRow } from './replicates.ts';
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

/** The interval of a point that is a mean. */
type CurveBounds = Bounds<'loss' | 'smoothed'>;

/** Points a curve and panel are drawn with, about, however many steps there are: two a bucket. */
const BUCKETS = 150;

/**
 * The curves of a figure. There may be a million points, too many objects to be held at once: whatever reads them makes
 * those of one model and test at a time.
 */
export interface LossCurves {
  readonly main: RunRow['statistic'];
  /** Runs by model, and then by model and test. */
  readonly panels: readonly (readonly (readonly TrainingRun[])[])[];
}

/** Arranges the curves of runs, in the order of these. */
export function arrangeCurves(runs: readonly TrainingRun[]): LossCurves {
  return {
    main: new Set(runs.map(({ seed }) => seed)).size < 2 ? 'run' : 'mean',
    panels: groupBy(runs, ({ model }) => model).map((panel) => groupBy(panel, nameTest)),
  };
}

/** All points: those of runs, and then the means over seeds at each step that all of them have logged. */
export function* listPoints({ main, panels }: LossCurves): Generator<CurvePoint & CurveBounds> {
  for (const runs of panels.flat(2)) yield* tabulateRun(runs);
  if (main === 'run') return;
  for (const runs of panels.flat()) yield* averageRuns(runs);
}

function tabulateRun(run: TrainingRun): readonly (CurvePoint & CurveBounds)[] {
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
    loss_low: null,
    loss_high: null,
    smoothed_low: null,
    smoothed_high: null,
  }));
}

/** The means over runs of one model and test. */
function averageRuns(runs: readonly TrainingRun[]): readonly (CurvePoint & CurveBounds)[] {
  const means = averageRows(runs.flatMap(tabulateRun), ['loss', 'smoothed'], ({ step }) => step);
  return dropPartialMeans(means, () => '').map((point) => ({ ...point, threshold: false }));
}

/** A point with what it takes to be seen. */
export interface ShownPoint extends CurvePoint {
  /** Number of curves that lie under its own. */
  readonly hides: number;
  /** Area of its dot, in square pixels. */
  readonly dot: number;
}

/**
 * The points to draw, panel by panel: thins the curves of each, and says which of them, and of their dots, lie on
 * each other.
 *
 * @param top height of the panels
 */
export function showCurves({ main, panels }: LossCurves, top: number): readonly ShownPoint[] {
  return panels.flatMap((tests) => showPanel(tests, main, top));
}

function showPanel(
  tests: readonly (readonly TrainingRun[])[],
  main: RunRow['statistic'],
  top: number,
): readonly ShownPoint[] {
  const lastStep = Math.max(...tests.flat().map(({ steps }) => steps.at(-1)?.step ?? 0));
  const strong: PanelCurve[] = [];
  const thin = (curve: readonly CurvePoint[]): readonly CurvePoint[] => {
    if (curve[0]?.statistic === main) strong.push(traceMeans(curve));
    return thinPoints(curve, lastStep);
  };
  const runs = tests.flat().map((run) => thin(tabulateRun(run)));
  const means = main === 'run' ? [] : tests.map((own) => thin(averageRuns(own)));
  const shown = [...runs, ...means];
  const first = shown.length - strong.length;
  const hidden = countHidden(strong, top);
  const dots = shown.flatMap((curve) => curve.filter(({ threshold }) => threshold));
  const covering = countCovering(
    dots.map(({ step, smoothed, test }) => ({ x: step, y: smoothed, kind: test })),
    { x: lastStep, y: top },
  );
  return shown.flatMap((curve, index) => {
    const hides = Math.min(2, hidden[index - first] ?? 0);
    return curve.map((point) => {
      const over = covering[dots.indexOf(point)] ?? 0;
      return { ...point, hides, dot: DOT_SIZE * (1 + 1.6 * over) };
    });
  });
}

function traceMeans(curve: readonly CurvePoint[]): PanelCurve {
  const heights = new Map<number, number>();
  for (const { step, smoothed } of curve) heights.set(step, smoothed);
  return heights;
}

function thinPoints(curve: readonly CurvePoint[], lastStep: number): CurvePoint[] {
  const kept = new Set(thinLosses(curve, BUCKETS, lastStep));
  return curve.filter((point) => kept.has(point) || point.threshold);
}
