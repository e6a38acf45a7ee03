/**
 * Max-pooling, forward and backward. It is done for columns and rows in turn, which gives the same
 * maxima, and the same first one among equals in the order of rows, then columns (PyTorch's choice):
 * the first row with the maximum is taken, and in it the first column.
 *
 * Along an axis the gradients are brought back to as many places for each tap of the window as the
 * input has for each step of it. So the pooling gives that many maxima, past the end too, and those
 * that are not asked for get a gradient of zero: no share of any tap has then to be filled up.
 */

import {
  type Activation,
  type Blocks,
  blockedNode,
  view,
  type WindowGeometry,
  windowOutput,
} from './blocks.ts';
import { alongColumns, alongRows, countOutputs, type Line, windowAlong } from './lines.ts';
import { moveMaps } from './move-maps.ts';
import { interleaveAxis } from './phases.ts';
import { shareOut } from './pool-shares.ts';

/** What is pooled. */
export interface Pooling {
  readonly window: WindowGeometry;
  /** Whether the gradient will be needed: without it no more maxima are found than asked for. */
  readonly trained: boolean;
  /**
   * Whether every value is a ReLU's output, to which zeros give no gradient: then it does not matter
   * that a zero in the padding takes the place of the first maximum.
   */
  readonly rectified: boolean;
}

export interface Pooled {
  readonly output: Activation;
  /** The maxima of each row's windows, and of both: what the backward pass needs beside the input. */
  readonly ofColumns: Activation;
  readonly maxima: Activation;
}

/** Max-pools with a window; outside of the image there is nothing. */
export function maxPoolForward(blocks: Blocks, input: Activation, pooling: Pooling): Pooled {
  const { window, trained } = pooling;
  const ofColumns = pool(blocks, input, alongColumns(window), trained);
  const maxima = pool(blocks, ofColumns, alongRows(window), trained);
  const output = moveMaps(blocks, maxima, windowOutput(input, window));
  return { output, ofColumns, maxima };
}

/**
 * The gradient for the input of {@link maxPoolForward}: each goes to the first maximum of its window.
 *
 * @throws RangeError for a window without taps
 */
export function maxPoolGradient(
  blocks: Blocks,
  input: Activation,
  { ofColumns, maxima }: Pooled,
  gradient: Activation,
  { window, rectified }: Pooling,
): Activation {
  const ofMaxima = moveMaps(blocks, gradient, maxima);
  const spread = (values: Activation, ofValues: Activation, dy: Activation, line: Line) => {
    const shares = shareOut(blocks, { values, maxima: ofValues, line, rectified }, dy);
    return joinShares(blocks, shares, line, values[line.axis]);
  };
  const ofRows = spread(ofColumns, maxima, ofMaxima, alongRows(window));
  return spread(input, ofColumns, ofRows, alongColumns(window));
}

/** Pools along a line, for a training with at least as many maxima as the input has steps. */
function pool(blocks: Blocks, input: Activation, line: Line, trained: boolean): Activation {
  const { axis, size, stride, before } = line;
  const steps = trained ? Math.ceil(input[axis] / stride) : 0;
  const outputs = Math.max(countOutputs(line, input[axis]), steps);
  const after = Math.max(0, stride * (outputs - 1) + size - before - input[axis]);
  const attributes = windowAlong({ ...line, after });
  const value = blockedNode(blocks, 'MaxPool', [input.value], attributes);
  return { ...input, value, [axis]: outputs };
}

/** Brings the shares of the taps back to where these lie in the input, adding up where they meet. */
function joinShares(
  blocks: Blocks,
  shares: readonly Activation[],
  { axis, stride, before }: Line,
  size: number,
): Activation {
  const [first] = shares;
  if (first === undefined) throw new RangeError('a window has no taps');
  const length = Math.ceil(size / stride);
  const phases = Array.from({ length: stride }, (_, phase) => {
    let total: Activation | undefined;
    // What needs no move comes first: the others are added to it in place.
    const placed = shares
      .map((share, tap) => ({ share, by: (tap - before - phase) / stride }))
      .filter(({ by }) => Number.isInteger(by))
      .toSorted((a, b) => Math.abs(a.by) - Math.abs(b.by));
    for (const { share, by } of placed) {
      const target = { height: share.height, width: share.width, [axis]: length };
      total = moveMaps(blocks, share, { ...target, along: { axis, by } }, total);
    }
    return total?.value;
  });
  const inner = (axis === 'height' ? first.width : 1) * blocks.block;
  const outer =
    (first.batch * first.channels * (axis === 'height' ? 1 : first.height)) / blocks.block;
  const value = interleaveAxis(blocks, phases, [outer, length, inner], size);
  const whole = { ...first, [axis]: size };
  const shape = [whole.batch, whole.channels, whole.height, whole.width];
  return { ...whole, value: view(blocks, value, shape) };
}
