/**
 * Moves, crops and fills up maps, by depthwise convolutions with a single 1: these use all threads,
 * where `Pad` uses one, and add to another map in place.
 */

import { type Activation, type Blocks, blockedNode, integers } from './blocks.ts';

export interface Move {
  /** The sizes of the result. */
  readonly height: number;
  readonly width: number;
  /** How far values go down, or to the right; up or to the left where negative. */
  readonly along?: { readonly axis: 'height' | 'width'; readonly by: number };
}

/**
 * The maps in other sizes, from the top left corner or moved from there, with zeros where nothing was;
 * plus `sum`.
 */
export function moveMaps(
  blocks: Blocks,
  input: Activation,
  { height, width, along }: Move,
  sum?: Activation,
): Activation {
  const by = (axis: 'height' | 'width') => (along?.axis === axis ? along.by : 0);
  const rows = moveAlong(input.height, height, by('height'));
  const columns = moveAlong(input.width, width, by('width'));
  if (sum === undefined && rows.isIdle && columns.isIdle) return input;
  const { graph, block } = blocks;
  const { channels } = input;
  const kernel = [rows.kernel, columns.kernel] as const;
  const area = rows.kernel * columns.kernel;
  const one = rows.from * columns.kernel + columns.from;
  const filter = Float32Array.from({ length: channels * area }, (_, at) =>
    Math.floor(at / block) % area === one ? 1 : 0,
  );
  const inputs = [input.value, graph.floats(filter, [channels, 1, ...kernel])];
  const value = blockedNode(
    blocks,
    'Conv',
    sum === undefined ? inputs : [...inputs, '', sum.value],
    {
      kernel_shape: integers(...kernel),
      strides: integers(1, 1),
      dilations: integers(1, 1),
      pads: integers(rows.before, columns.before, rows.after, columns.after),
      group: { int: channels },
    },
  );
  return { ...input, value, height, width };
}

/** The kernel whose 1 at `from` makes `length` values of `size`, those from 0 at `by`. */
function moveAlong(size: number, length: number, by: number) {
  const before = Math.max(0, by);
  const from = Math.max(0, -by);
  const after = Math.max(0, from + length - size - before);
  const kernel = size + before + after - length + 1;
  return { kernel, from, before, after, isIdle: size === length && by === 0 };
}
