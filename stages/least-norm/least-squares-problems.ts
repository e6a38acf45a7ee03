/** The least-squares problems: the first five classes told from the last five, by SGD from two starts. */

import { openStream } from '../../experiment/data/random.ts';
import type { Solution, WayPoint } from '../../experiment/recorded/solution.ts';
import { DIMENSIONS, type LabeledPoints, type PointSets, takeFirst } from './images.ts';
import { descend, distanceTo, dot, normOf, type Span, spanOf } from './least-squares.ts';
import type { Settings } from './settings.ts';

/** SGD ends when no output is farther than this from its target. */
const TOLERANCE = 1e-9;

/** Epochs that are told of: some for each power of ten. */
const TOLD_A_DECADE = 12;

/** The classes below have the target 1, the others −1. */
const FIRST_OF_OTHERS = 5;

/** A problem solved, and how far SGD was from the solution of least norm on its way. */
export interface SolvedProblem {
  readonly solution: Solution;
  readonly way: readonly WayPoint[];
}

/** Solves each problem that there are enough images for, from each start, as they are asked for. */
export function* solveLeastSquares(
  { info, train, test }: PointSets,
  { seed, leastSquares, epochs }: Settings,
): Generator<SolvedProblem> {
  for (const count of leastSquares.filter((size) => size <= Math.min(train.count, DIMENSIONS))) {
    const images = takeFirst(train, count);
    const targets = targetsOf(images);
    const problem = { dimensions: DIMENSIONS, points: images.points, targets };
    const span = spanOf(problem);
    const least = span.solve(targets);
    for (const [method, name] of [
      ['SGD from zero', 'zero'],
      ['SGD from a random start', 'random'],
    ] as const) {
      const experiment = `least-squares_${count}_${name}`;
      const way: WayPoint[] = [];
      let next = 1;
      const found = descend(problem, {
        start: name === 'zero' ? new Float64Array(DIMENSIONS) : drawStart(seed, normOf(least)),
        epochs,
        tolerance: TOLERANCE,
        order: openStream(seed, `least-norm/order/${count}`),
        watch: (done, weights) => {
          if (done < next) return;
          next = Math.max(done + 1, Math.round(done * 10 ** (1 / TOLD_A_DECADE)));
          const distance = distanceTo(weights, least);
          way.push({ experiment, method, train: count, epochs: done, distance });
        },
      });
      const { weights } = found;
      const solution: Solution = {
        ...{ experiment, model: 'least squares', method },
        ...{ dataset: info.name, synthetic: info.synthetic, seed },
        ...{ train: count, test: test.count, dimensions: DIMENSIONS },
        epochs: found.epochs,
        residual: found.residual,
        norm: normOf(weights),
        least_norm: normOf(least),
        distance: distanceTo(weights, least),
        outside: shareOutside(weights, span),
        width: null,
        train_error: errorOf(images, weights),
        test_error: errorOf(test, weights),
      };
      way.push({
        experiment,
        method,
        train: count,
        epochs: found.epochs,
        distance: solution.distance,
      });
      yield { solution, way: dropRepeated(way) };
    }
  }
}

/** As long as the solution of least norm, in any direction. */
function drawStart(seed: number, length: number): Float64Array {
  const random = openStream(seed, 'least-norm/start');
  const start = Float64Array.from({ length: DIMENSIONS }, () => random.normal());
  const scale = length / normOf(start);
  return start.map((value) => value * scale);
}

function shareOutside(weights: Float64Array, { project }: Span): number {
  const inside = project(weights);
  return normOf(weights.map((weight, k) => weight - (inside[k] as number))) / normOf(weights);
}

function targetsOf({ labels }: LabeledPoints): Float64Array {
  return Float64Array.from(labels, (label) => (label < FIRST_OF_OTHERS ? 1 : -1));
}

function errorOf(images: LabeledPoints, weights: Float64Array): number {
  const targets = targetsOf(images);
  const wrong = targets.filter(
    (target, i) => !(target * dot(images.points, i * DIMENSIONS, weights) > 0),
  );
  return wrong.length / images.count;
}

function dropRepeated(way: readonly WayPoint[]): readonly WayPoint[] {
  return way.filter(({ epochs }, index) => epochs !== way[index - 1]?.epochs);
}
