/**
 * The gradient of a convolution's filter, itself as a blocked convolution, with the samples in the
 * place of channels: dW[o, c, i, j] sums x[n, c, s·h+i−p, s·w+j−q] · dY[n, o, h, w] over n, h and w.
 *
 * One tensor is the image and the other the filter. The image is a single one, its columns widened so
 * that a row holds for each column all channels: [1, N, H, W·C], in memory [N/B, H, W, C, B_n]. A
 * filter as high and wide as the other tensor, [C', N, H', W'], in memory [C'/B, N/B, H', W', B_n, B_c],
 * with a dilation of C columns, then gives [1, C', kh, kw·C]: for every shift of the window the products
 * of all channels. The batch is filled up to whole blocks with samples of zeros, which add nothing.
 *
 * onnxruntime divides a convolution among threads by rows of the output, times groups of four blocks
 * of filters; here often three times one. So the samples are taken in two groups, whose products are
 * added up: six pieces of equal size.
 */

import {
  type Activation,
  type Blocks,
  blockedNode,
  type Edges,
  integers,
  padAxis,
  padEdges,
  transpose,
  view,
  type WindowGeometry,
} from './blocks.ts';
import { padChannels } from './layout.ts';

/**
 * Which part the convolution's input takes. `image`: any stride. `filter`: stride 1 only, and not for
 * plain images.
 */
export type InputRole = 'image' | 'filter';

/**
 * Converts activations to their roles, each only once: the branches of a network share them. Keep one
 * for a graph.
 */
export class Roles {
  readonly #blocks: Blocks;
  readonly #made = new Map<string, string>();

  constructor(blocks: Blocks) {
    this.#blocks = blocks;
  }

  /** As the image, with these edges of zeros: memory [N/B, H, W, C, B_n]. */
  image(tensor: Activation, edges: Edges): string {
    const { top, left, bottom, right } = edges;
    const key = `${tensor.value} ${[top, left, bottom, right].join()}`;
    return this.#once(key, () => {
      const { height, width, channels } = tensor;
      const positions = this.#once(`${tensor.value} image`, () => this.#byPosition(tensor));
      const { block } = this.#blocks;
      const groups = padChannels(tensor.batch, block) / block;
      const shape = [groups, height, width, channels * block] as const;
      return padEdges(this.#blocks, positions, shape, edges);
    });
  }

  /** As the filter: memory [groups, C/B, N/B/groups, H, W, B_n, B_c]. */
  filter(tensor: Activation): string {
    return this.#once(`${tensor.value} filter`, () => {
      const { block } = this.#blocks;
      const groups = countGroups(tensor.batch, block);
      const shape = [
        groups,
        padChannels(tensor.batch, block) / block / groups,
        block,
        tensor.channels / block,
        tensor.height * tensor.width,
        block,
      ];
      return transpose(this.#blocks, this.#fillBatch(tensor), shape, [0, 3, 1, 4, 2, 5]);
    });
  }

  /** [N, C/B, HW, B_c] to [N/B, HW, C, B_n]. */
  #byPosition(tensor: Activation): string {
    const blocks = this.#blocks;
    const batch = padChannels(tensor.batch, blocks.block);
    const area = tensor.height * tensor.width;
    const filled = view(blocks, this.#fillBatch(tensor), [1, batch, tensor.channels * area, 1]);
    const samplesLast = blockedNode(blocks, 'ReorderInput', [filled]);
    const inner = tensor.layout === 'blocked' ? blocks.block : 1;
    if (tensor.channels === inner) return samplesLast;
    const shape = [batch / blocks.block, tensor.channels / inner, area, inner * blocks.block];
    return transpose(blocks, samplesLast, shape, [0, 2, 1, 3]);
  }

  #fillBatch({ value, batch, channels, height, width }: Activation): string {
    const missing = padChannels(batch, this.#blocks.block) - batch;
    return padAxis(this.#blocks, value, [1, batch, channels * height * width], 0, missing);
  }

  #once(key: string, make: () => string): string {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#made.set(key, made);
    return made;
  }
}

/**
 * The gradient of the filter of a convolution of `input` whose output has the gradient `gradient`, in
 * the filter's own shape and memory (see layout.ts).
 *
 * @throws RangeError for a stride above 1, or an input that is not in blocks
 */
export function convolveFilterGradient(
  blocks: Blocks,
  roles: Roles,
  input: Activation,
  gradient: Activation,
  window: WindowGeometry,
  role: InputRole = 'image',
): string {
  if (role === 'image') return withInputAsImage(blocks, roles, input, gradient, window);
  if (window.stride !== 1 || input.layout === 'plain') {
    throw new RangeError('the input can be the filter only at stride 1, and where it is in blocks');
  }
  return withInputAsFilter(blocks, roles, input, gradient, window);
}

function withInputAsImage(
  blocks: Blocks,
  roles: Roles,
  input: Activation,
  gradient: Activation,
  { height, width, stride, pads }: WindowGeometry,
): string {
  const { block } = blocks;
  const reach = (outputs: number, kernel: number) => stride * (outputs - 1) + kernel;
  const image = roles.image(input, {
    top: pads.top,
    left: pads.left,
    bottom: reach(gradient.height, height) - input.height - pads.top,
    right: reach(gradient.width, width) - input.width - pads.left,
  });
  const products = correlate(blocks, {
    image,
    imageHeight: reach(gradient.height, height),
    imageColumns: reach(gradient.width, width) * input.channels,
    filter: roles.filter(gradient),
    kernel: gradient,
    dilations: [stride, stride * input.channels],
  });
  // [C_out/B, kh·kw, C_in/B, B_in·B_out]; of plain images the input channels are single.
  const inner = input.layout === 'blocked' ? block : 1;
  const shape = [gradient.channels / block, height * width, input.channels / inner, inner * block];
  const ordered =
    height * width === 1 ? products : transpose(blocks, products, shape, [0, 2, 1, 3]);
  return view(blocks, ordered, [gradient.channels, input.channels, height, width]);
}

/** The gradient is the image: that turns the kernel around, and exchanges inputs and outputs. */
function withInputAsFilter(
  blocks: Blocks,
  roles: Roles,
  input: Activation,
  gradient: Activation,
  { height, width, pads }: WindowGeometry,
): string {
  const { graph, block } = blocks;
  const image = roles.image(gradient, {
    top: height - 1 - pads.top,
    left: width - 1 - pads.left,
    bottom: input.height + pads.top - gradient.height,
    right: input.width + pads.left - gradient.width,
  });
  const products = correlate(blocks, {
    image,
    imageHeight: input.height + height - 1,
    imageColumns: (input.width + width - 1) * gradient.channels,
    filter: roles.filter(input),
    kernel: input,
    dilations: [1, gradient.channels],
  });
  const outputs = gradient.channels / block;
  const inputs = input.channels / block;
  const seen = view(blocks, products, [inputs, height, width, outputs, block, block]);
  const first = graph.int64s([Number.MIN_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]);
  const backwards = graph.int64s([-1, -1]);
  const last = graph.int64s([-1, -1]);
  const turned =
    height * width === 1
      ? seen
      : graph.node('Slice', [seen, last, first, graph.int64s([1, 2]), backwards]);
  const ordered = graph.node('Transpose', [turned], { perm: integers(3, 0, 1, 2, 5, 4) });
  return view(blocks, ordered, [gradient.channels, input.channels, height, width]);
}

interface Correlation {
  readonly image: string;
  readonly imageHeight: number;
  readonly imageColumns: number;
  readonly filter: string;
  /** The tensor that is the filter. */
  readonly kernel: Activation;
  readonly dilations: readonly [number, number];
}

/** The products of all channels, summed over the samples: memory [C'/B, kh, kw, C, B]. */
function correlate(blocks: Blocks, correlation: Correlation): string {
  const { image, imageHeight, imageColumns, filter, kernel, dilations } = correlation;
  const { batch, channels, height, width } = kernel;
  const samples = padChannels(batch, blocks.block);
  const groups = countGroups(batch, blocks.block);
  const products = blockedNode(
    blocks,
    'Conv',
    [
      view(blocks, image, [1, samples, imageHeight, imageColumns]),
      view(blocks, filter, [groups * channels, samples / groups, height, width]),
    ],
    {
      kernel_shape: integers(height, width),
      strides: integers(1, 1),
      dilations: integers(...dilations),
      pads: integers(0, 0, 0, 0),
      group: { int: groups },
    },
  );
  if (groups === 1) return products;
  // Five times as fast as a sum over an axis of two.
  const { graph } = blocks;
  const seen = view(blocks, products, [groups, -1]);
  return graph.node(
    'Add',
    graph.nodes('Split', [seen, graph.int64s([1, 1])], 2, { axis: { int: 0 } }),
  );
}

/** In how many groups the samples of a batch are taken. */
function countGroups(batch: number, block: number): 1 | 2 {
  return (padChannels(batch, block) / block) % 2 === 0 ? 2 : 1;
}
