/**
 * The blocked layout of arrays, and the way in and out of it. A block is B channels (16 with AVX-512, 8
 * with AVX2): the unit in which onnxruntime's blocked operators compute.
 *
 * - An activation [N, C, H, W] lies in memory as [N, C/B, H, W, B].
 * - A filter [C_out, C_in, kh, kw] lies in memory as [C_out/B, C_in/B, kh, kw, B_in, B_out], or, where
 *   it reads plain images of fewer than B channels, as [C_out/B, C_in, kh, kw, B_out].
 * - A vector over channels lies as it is.
 *
 * Channel counts are rounded up to whole blocks; the added channels, weights and biases are zero. They
 * stay zero in training: an added output channel gets no gradient, an added input channel gives none.
 */

/** The number of channels in whole blocks. */
export function padChannels(channels: number, block: number): number {
  return Math.ceil(channels / block) * block;
}

/** Blocks that putting parts together must save, as a share of those that the parts have. */
const LEAST_SAVING = 0.2;

/**
 * Whether a concatenation of parts with these channels is put together, at the price of a few passes,
 * because its parts fill their blocks so badly that together they need a fifth fewer: twice 8 channels
 * one block of 16 and not two. Else it is only the list of its parts.
 */
export function putsTogether(parts: readonly number[], block: number): boolean {
  const apart = parts.reduce((sum, part) => sum + padChannels(part, block), 0);
  const together = padChannels(
    parts.reduce((sum, part) => sum + part, 0),
    block,
  );
  return apart - together >= LEAST_SAVING * apart;
}

/** What a filter connects. */
export interface FilterShape {
  readonly outputs: number;
  /**
   * Channels of each part of the input. A concatenation is rarely made: each part has channels in whole
   * blocks of its own. A single part for an ordinary input.
   */
  readonly inputs: readonly number[];
  /** True where the input is plain images with fewer channels than a block: it is not padded. */
  readonly plain: boolean;
  readonly height: number;
  readonly width: number;
}

/** Input channels of the filter in the blocked layout. */
function paddedInputs({ inputs, plain }: FilterShape, block: number): number {
  return inputs.reduce((sum, part) => sum + (plain ? part : padChannels(part, block)), 0);
}

/** The shape under which onnxruntime knows the blocked filter: [C_out, C_in, kh, kw], all padded. */
export function blockedFilterShape(filter: FilterShape, block: number): readonly number[] {
  const outputs = padChannels(filter.outputs, block);
  return [outputs, paddedInputs(filter, block), filter.height, filter.width];
}

/** Lays a filter [C_out, C_in, kh, kw] out in blocks, with zeros in the added channels. */
export function blockFilter(
  values: Float32Array,
  filter: FilterShape,
  block: number,
): Float32Array<ArrayBuffer> {
  const size = blockedFilterShape(filter, block).reduce((product, each) => product * each, 1);
  const blocked = new Float32Array(size);
  forEachWeight(filter, block, (plain, at) => {
    blocked[at] = values[plain] as number;
  });
  return blocked;
}

/** The inverse of {@link blockFilter}. */
export function unblockFilter(
  blocked: Float32Array,
  filter: FilterShape,
  block: number,
): Float32Array<ArrayBuffer> {
  const inputs = filter.inputs.reduce((sum, part) => sum + part, 0);
  const values = new Float32Array(filter.outputs * inputs * filter.height * filter.width);
  forEachWeight(filter, block, (plain, at) => {
    values[plain] = blocked[at] as number;
  });
  return values;
}

/** Pads a vector over the channels of these parts, each to whole blocks, with zeros. */
export function blockVector(
  values: Float32Array,
  parts: readonly number[],
  block: number,
): Float32Array<ArrayBuffer> {
  const blocked = new Float32Array(parts.reduce((sum, part) => sum + padChannels(part, block), 0));
  let from = 0;
  let to = 0;
  for (const part of parts) {
    blocked.set(values.subarray(from, from + part), to);
    from += part;
    to += padChannels(part, block);
  }
  return blocked;
}

/** The inverse of {@link blockVector}. */
export function unblockVector(
  blocked: Float32Array,
  parts: readonly number[],
  block: number,
): Float32Array<ArrayBuffer> {
  const values = new Float32Array(parts.reduce((sum, part) => sum + part, 0));
  let from = 0;
  let to = 0;
  for (const part of parts) {
    values.set(blocked.subarray(from, from + part), to);
    from += padChannels(part, block);
    to += part;
  }
  return values;
}

/** Calls `visit` with the plain and the blocked index of every weight. */
function forEachWeight(
  filter: FilterShape,
  block: number,
  visit: (plain: number, blocked: number) => void,
): void {
  const { outputs, height, width } = filter;
  const area = height * width;
  const columns = paddedInputs(filter, block);
  const positions = inputPositions(filter, block);
  // Blocked inputs lie below the kernel's positions, plain ones above them.
  const inner = filter.plain ? 1 : block;
  for (let output = 0; output < outputs; output += 1) {
    const outer = Math.floor(output / block) * columns * area * block + (output % block);
    for (const [input, position] of positions.entries()) {
      const plain = (output * positions.length + input) * area;
      const start = outer + Math.floor(position / inner) * area * inner * block;
      for (let at = 0; at < area; at += 1) {
        visit(plain + at, start + (at * inner + (position % inner)) * block);
      }
    }
  }
}

/** Where each input channel lies among the padded ones. */
function inputPositions({ inputs, plain }: FilterShape, block: number): readonly number[] {
  const positions: number[] = [];
  let start = 0;
  for (const part of inputs) {
    for (let channel = 0; channel < part; channel += 1) positions.push(start + channel);
    start += plain ? part : padChannels(part, block);
  }
  return positions;
}
