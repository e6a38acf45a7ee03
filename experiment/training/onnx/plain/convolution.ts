/** Lowers convolutions, and their gradients for input and filters. */

import type { Conv } from '../../../models/layers.ts';
import type { Placed } from '../../../models/model.ts';
import { lookUp } from '../layout.ts';
import {
  inputMap,
  type LoweredGradients,
  type LoweredPlainLayer,
  outputMap,
  type PlainPass,
} from './lowered-layer.ts';

/** Swaps the samples' axis with the channels'. */
const CHANNELS_FIRST = { perm: { ints: [1, 0, 2, 3] } };

/** Lowers a convolution, with or without bias. */
export function lowerConvolution(
  pass: PlainPass,
  placed: Placed<Conv>,
  input: string,
): LoweredPlainLayer {
  const { graph, weights } = pass;
  const { kernel, stride, padding, name, bias } = placed.layer;
  const [weightName, biasName] = [`${name}.weight`, `${name}.bias`];
  const weight = lookUp(weights, weightName);
  const window = {
    kernel_shape: { ints: [kernel, kernel] },
    strides: { ints: [stride, stride] },
    pads: { ints: padding },
  };
  const inputs = [input, weight, ...(bias ? [lookUp(weights, biasName)] : [])];
  return {
    output: graph.node('Conv', inputs, window),
    lowerGradients: (gradient, { inputsWanted }) => {
      const filters = lowerFilterGradient(pass, placed, input, gradient);
      const parameters: LoweredGradients['parameters'][number][] = [[weightName, filters]];
      if (bias && !pass.cancelled.has(biasName)) {
        const total = graph.node('ReduceSum', [gradient, graph.int64s([0, 2, 3])], {
          keepdims: { int: 0 },
        });
        parameters.push([biasName, total]);
      }
      const spread = { ...window, output_padding: { ints: leftOver(placed) } };
      return {
        inputs: inputsWanted ? [graph.node('ConvTranspose', [gradient, weight], spread)] : [],
        parameters,
      };
    },
  };
}

/** Rows and columns at the end of the padded input that no window reaches. */
function leftOver(placed: Placed<Conv>): [number, number] {
  const { kernel, stride, padding } = placed.layer;
  const [top, left, bottom, right] = padding;
  const [, height, width] = inputMap(placed);
  return [(height + top + bottom - kernel) % stride, (width + left + right - kernel) % stride];
}

/**
 * Lowers the gradient for the filters, [outputs, inputs, kernel, kernel]. For each position in the
 * kernel it is the product of the output's gradient with the input as that position sees it, summed
 * over samples and windows: matrices of [channels, samples · windows]. The longer side of a product
 * comes first: onnxruntime then divides it among threads by rows, which leaves every sum as it is.
 */
function lowerFilterGradient(
  pass: PlainPass,
  placed: Placed<Conv>,
  input: string,
  gradient: string,
): string {
  const { graph, batchSize } = pass;
  const { kernel } = placed.layer;
  const [inputs] = inputMap(placed);
  const [outputs, rows, columns] = outputMap(placed);
  const windows = batchSize * rows * columns;
  const toMatrix = (value: string, channels: number): string =>
    graph.node('Reshape', [value, graph.int64s([channels, windows])]);
  const right = toMatrix(graph.node('Transpose', [gradient], CHANNELS_FIRST), outputs);
  const outputsFirst = outputs >= inputs;

  const products = lowerSeenInputs(pass, placed, input).map((seen) => {
    const left = toMatrix(seen, inputs);
    const factors = outputsFirst ? [right, left] : [left, right];
    return graph.node('Gemm', factors, { transB: { int: 1 } });
  });
  const sizes = outputsFirst ? [outputs, inputs] : [inputs, outputs];
  const last = products.map((product) =>
    graph.node('Reshape', [product, graph.int64s([...sizes, 1])]),
  );
  const stacked = graph.node('Concat', last, { axis: { int: 2 } });
  const ordered = outputsFirst
    ? stacked
    : graph.node('Transpose', [stacked], { perm: { ints: [1, 0, 2] } });
  return graph.node('Reshape', [ordered, graph.int64s([outputs, inputs, kernel, kernel])]);
}

/** For each position in the kernel, row by row: the inputs it meets, [inputs, N, rows, columns]. */
function lowerSeenInputs(
  { graph }: PlainPass,
  placed: Placed<Conv>,
  input: string,
): readonly string[] {
  const { kernel, stride, padding } = placed.layer;
  const [top, left, bottom, right] = padding;
  const [, rows, columns] = outputMap(placed);
  const turned = graph.node('Transpose', [input], CHANNELS_FIRST);
  const pads = graph.int64s([0, 0, top, left, 0, 0, bottom, right]);
  const padded = padding.some((side) => side > 0) ? graph.node('Pad', [turned, pads]) : turned;
  const positions = Array.from({ length: kernel }, (_, index) => index);
  return positions.flatMap((y) =>
    positions.map((x) =>
      graph.node('Slice', [
        padded,
        graph.int64s([y, x]),
        graph.int64s([y + stride * (rows - 1) + 1, x + stride * (columns - 1) + 1]),
        graph.int64s([2, 3]),
        graph.int64s([stride, stride]),
      ]),
    ),
  );
}
