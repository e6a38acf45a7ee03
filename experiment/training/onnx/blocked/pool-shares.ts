/** Which tap of a max-pool's window has its maximum, and so gets the gradient. */

import { type Activation, type Blocks, blockedNode, view } from './blocks.ts';
import { type Line, windowAlong } from './lines.ts';
import { STEEP } from './relu.ts';

/** A pooling along one axis. */
export interface PooledLine {
  readonly values: Activation;
  readonly maxima: Activation;
  readonly line: Line;
  /** See `Pooling`. */
  readonly rectified: boolean;
}

/**
 * The gradient's share of each tap of the window: all of it where that tap is the first maximum, else
 * none. What the maximum exceeds at one tap is left to the later ones; the last two are compared with
 * each other.
 */
export function shareOut(
  blocks: Blocks,
  pooled: PooledLine,
  gradient: Activation,
): readonly Activation[] {
  const { graph } = blocks;
  const shares: Activation[] = [];
  let rest = gradient.value;
  for (let tap = 0; tap < pooled.line.size - 1; tap += 1) {
    const later = graph.node('Mul', [rest, isExceeded(blocks, pooled, tap)]);
    shares.push({ ...gradient, value: graph.node('Sub', [rest, later]) });
    rest = later;
  }
  return [...shares, { ...gradient, value: rest }];
}

/**
 * 1 where the value at this tap is less than the maximum, or, at the last tap but one, less than the
 * next value; else 0. A depthwise convolution takes the difference, and the hard sigmoid makes 1 of what
 * is positive.
 */
function isExceeded(
  blocks: Blocks,
  { values, maxima, line, rectified }: PooledLine,
  tap: number,
): string {
  const { graph, block } = blocks;
  const { channels } = values;
  const beforeLast = tap === line.size - 2;
  const weightOf = (each: number) => (each === tap ? -1 : beforeLast && each === tap + 1 ? 1 : 0);
  const weights = Float32Array.from({ length: channels * line.size }, (_, at) =>
    weightOf(Math.floor(at / block) % line.size),
  );
  const shape = line.axis === 'height' ? [line.size, 1] : [1, line.size];
  const inputs = [values.value, graph.floats(weights, [channels, 1, ...shape])];
  const outputs = maxima[line.axis];
  const after = line.stride * (outputs - 1) + line.size - line.before - values[line.axis];
  const compared = blockedNode(
    blocks,
    'Conv',
    beforeLast ? inputs : [...inputs, '', maxima.value],
    {
      ...windowAlong({ ...line, after: Math.max(0, after) }),
      group: { int: channels },
      activation: { string: 'HardSigmoid' },
      activation_params: { floats: [STEEP, 0] },
    },
  );
  if (rectified) return compared;
  const isOutside = (output: number, at: number) => {
    const position = line.stride * output + at - line.before;
    return position < 0 || position >= values[line.axis];
  };
  const places = Array.from({ length: outputs }, (_, output) => ({
    isFree: isOutside(output, tap),
    isLost: beforeLast && isOutside(output, tap + 1),
  }));
  if (!places.some(({ isFree, isLost }) => isFree || isLost)) return compared;
  const inner = line.axis === 'height' ? maxima.width * block : block;
  const mask = (of: (place: (typeof places)[number]) => boolean) =>
    graph.floats(
      places.flatMap((place) => Array.from({ length: inner }, () => (of(place) ? 1 : 0))),
      [outputs * inner],
    );
  const seen = view(blocks, compared, [-1, outputs * inner]);
  const kept = graph.node('Mul', [seen, mask(({ isFree, isLost }) => !isFree && !isLost)]);
  const freed = graph.node('Add', [kept, mask(({ isFree, isLost }) => isFree && !isLost)]);
  return view(blocks, freed, [maxima.batch, channels, maxima.height, maxima.width]);
}
