/**
 * What a convolution computes with. In evaluation a batch norm only scales and shifts, so that a
 * convolution of which it alone reads does this by its own filter and bias: the norm then costs nothing.
 */

import type { Conv } from '../../../models/layers.ts';
import type { Placed } from '../../../models/model.ts';
import { lookUp } from '../layout.ts';
import { affineOf, inverseDeviation } from './batch-norm.ts';
import { scaleFilter } from './channels.ts';
import { blockedFilterShape, type FilterShape } from './layout.ts';
import type { BlockedPass } from './lowered-layer.ts';

/** The names are of ONNX values, stored as the layout says. */
export interface ConvolutionWeights {
  readonly filter: string;
  readonly bias?: string;
  /** Whether the ReLU after it, or after its batch norm, is applied. */
  readonly relu: boolean;
}

/** The weights of a convolution, with its batch norm's where {@link isFolded}. */
export function convolutionWeights(
  pass: BlockedPass,
  { layer, output }: Placed<Conv>,
  shape: FilterShape,
): ConvolutionWeights {
  const { blocks, weights, statistics, fusions } = pass;
  const { graph } = blocks;
  const filter = lookUp(weights, `${layer.name}.weight`);
  const bias = layer.bias ? { bias: lookUp(weights, `${layer.name}.bias`) } : {};
  const norm = isFolded(pass, output) ? fusions.norms.get(output) : undefined;
  if (norm === undefined) return { filter, ...bias, relu: fusions.rectified.has(output) };
  const { name, eps } = norm.layer;
  const deviation = lookUp(statistics, `${name}.running_var`);
  const { factor, offset } = affineOf(
    blocks,
    {
      mean: lookUp(statistics, `${name}.running_mean`),
      inverseDeviation: inverseDeviation(blocks, deviation, eps),
    },
    { scale: lookUp(weights, `${name}.weight`), shift: lookUp(weights, `${name}.bias`) },
  );
  const [outputs = 0, inputs = 0, height = 0, width = 0] = blockedFilterShape(shape, blocks.block);
  const scaled = bias.bias === undefined ? undefined : graph.node('Mul', [bias.bias, factor]);
  return {
    filter: scaleFilter(blocks, filter, { outputs, inputs, height, width }, factor),
    bias: scaled === undefined ? offset : graph.node('Add', [scaled, offset]),
    relu: fusions.rectified.has(norm.output),
  };
}

/** Whether the convolution with this output does what the batch norm after it should. */
export function isFolded({ mode, fusions }: BlockedPass, output: string): boolean {
  return mode === 'evaluation' && fusions.norms.has(output);
}
