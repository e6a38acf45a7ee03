/** The curve of a training, from its metrics, in as many points as a small chart can show. */

import type { MetricsLine } from '../../experiment/recorded/metrics.ts';
import type { TrainingCurve } from './report-details.ts';

/** Points of a curve. */
const MOST_POINTS = 160;
/** Trainings of more steps are drawn by their epochs, so that a report reads no million of lines. */
const MOST_STEPS = 4000;

/** A line of metrics with means. */
type MeansLine = Extract<MetricsLine, { readonly kind: 'step' | 'epoch' }>;

/**
 * The curve of a training.
 *
 * @param text the lines of its metrics; what is no such line is passed over
 * @returns null where there is nothing to draw
 */
export function readCurve(text: string): TrainingCurve | null {
  const lines = text.split('\n');
  const ofKind = (kind: string) => lines.filter((line) => line.startsWith(`{"kind":"${kind}"`));
  const steps = ofKind('step');
  const means = (steps.length > MOST_STEPS ? ofKind('epoch') : steps).flatMap(
    (line) => parseLine<MeansLine>(line) ?? [],
  );
  if (means.length === 0) return null;
  const tests = ofKind('test').flatMap(
    (line) => parseLine<Extract<MetricsLine, { readonly kind: 'test' }>>(line) ?? [],
  );
  const [threshold] = ofKind('threshold').map((line) => parseLine<MeansLine>(line));
  return {
    training: shortenCurve(
      means.map(({ step, loss, accuracy }) => [step, loss, accuracy]),
      MOST_POINTS,
    ),
    test: tests.map(({ step, loss, accuracy }) => [
      step,
      loss === null ? null : round(loss),
      round(accuracy),
    ]),
    threshold: threshold?.step ?? null,
  };
}

/** A curve of at most `most` points, each the mean of as many neighbours. */
function shortenCurve(points: TrainingCurve['training'], most: number): TrainingCurve['training'] {
  const length = Math.ceil(points.length / most);
  return Array.from({ length: Math.ceil(points.length / length) }, (_, i) => {
    const stretch = points.slice(i * length, (i + 1) * length);
    const mean = (member: 1 | 2) =>
      round(stretch.reduce((sum, point) => sum + point[member], 0) / stretch.length);
    return [stretch.at(-1)?.[0] ?? 0, mean(1), mean(2)];
  });
}

function parseLine<Line>(line: string): Line | null {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return null;
  }
}

/** A chart shows no more. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
