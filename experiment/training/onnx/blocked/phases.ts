/** Rows and columns by their remainder modulo the stride: how gradients pass a stride of 2. */

import { type Activation, type Blocks, view } from './blocks.ts';
import { moveMaps } from './move-maps.ts';

/** The sizes of an activation without its batch. */
export type Image = Pick<Activation, 'channels' | 'height' | 'width'>;

/** By remainder of the row, then of the column; undefined where no tap reaches. */
export type Phases = readonly (readonly (Activation | undefined)[])[];

/** How one phase of an axis is made from the gradient: a convolution with some of the taps. */
export interface PhaseTaps {
  readonly taps: number;
  /** The last of these taps; they are taken from it backwards, `stride` apart. */
  readonly last: number;
  /** Zeros before and after the gradient, or, where negative, how much of it is left out. */
  readonly before: number;
  readonly after: number;
}

/**
 * The phases of an axis of `size` values, of which a window of `kernel` values with this stride and
 * padding made `outputs`. The input at position a + stride·i meets tap k in the output
 * (a + stride·i + pad − k) / stride, for the k that leave no remainder. Every phase has
 * ⌈size / stride⌉ values, those past the end included.
 */
export function phaseTaps(
  size: number,
  outputs: number,
  kernel: number,
  pad: number,
  stride: number,
): readonly PhaseTaps[] {
  const length = Math.ceil(size / stride);
  return Array.from({ length: stride }, (_, phase) => {
    const first = (phase + pad) % stride;
    const taps = Math.max(0, Math.ceil((kernel - first) / stride));
    const shift = (phase + pad - first) / stride;
    return {
      taps,
      last: first + stride * (taps - 1),
      before: taps - 1 - shift,
      after: length + shift - outputs,
    };
  });
}

/**
 * Puts the phases together: position a + stride·i of an axis comes from position i of phase a.
 *
 * @throws RangeError where no tap reaches any phase
 */
export function interleave(
  blocks: Blocks,
  phases: Phases,
  image: Image,
  stride: number,
): Activation {
  const known = phases.flat().find((phase) => phase !== undefined);
  if (known === undefined) throw new RangeError('no phase of the input is reached by any tap');
  if (stride === 1) return known;
  const { block } = blocks;
  const { batch, height: rows } = known;
  const { channels, height, width } = image;
  const outer = (batch * channels) / block;
  const lines = phases.map((columns) =>
    columns.every((phase) => phase === undefined)
      ? undefined
      : interleaveAxis(
          blocks,
          columns.map((phase) => phase?.value),
          [outer * rows, known.width, block],
          width,
        ),
  );
  const value = interleaveAxis(blocks, lines, [outer, rows, width * block], height);
  return {
    value: view(blocks, value, [batch, channels, height, width]),
    batch,
    channels,
    height,
    width,
    layout: 'blocked',
  };
}

/**
 * Interleaves arrays [outer, size, inner] along the middle axis and keeps the first `length`
 * positions; where there is no array, zeros. Memory of the result: [outer, length, inner].
 */
export function interleaveAxis(
  blocks: Blocks,
  phases: readonly (string | undefined)[],
  [outer, size, inner]: readonly [outer: number, size: number, inner: number],
  length: number,
): string {
  const { graph } = blocks;
  const shape = [outer * size, 1, inner];
  const zeros = () => graph.node('Expand', [graph.floats([0], [1]), graph.int64s(shape)]);
  const parts = phases.map((phase) => (phase === undefined ? zeros() : view(blocks, phase, shape)));
  const whole = size * phases.length;
  const joined = graph.node('Concat', parts, { axis: { int: 1 } });
  if (whole === length) return joined;
  // Each row costs a call: of single blocks the axis itself is taken for the row.
  const { block } = blocks;
  const isRow = inner === block;
  const sizes = isRow
    ? { batch: 1, height: outer, width: whole }
    : { batch: outer, height: whole, width: inner / block };
  const seen = view(blocks, joined, [sizes.batch, block, sizes.height, sizes.width]);
  const maps: Activation = { ...sizes, value: seen, channels: block, layout: 'blocked' };
  return moveMaps(blocks, maps, isRow ? { ...sizes, width: length } : { ...sizes, height: length })
    .value;
}
