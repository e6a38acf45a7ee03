/** What passes each kind of layer becomes, forward and backward. */

import type { Conv } from '../../../models/layers.ts';
import { layerName } from '../../../models/model.ts';
import {
  batchStatisticsPass,
  normalizeByRunningPass,
  normalizePass,
} from '../kernels/batch-norm.ts';
import { gradientSumsPass, normalizeGradientPass } from '../kernels/batch-norm-gradient.ts';
import { type BatchNormOf, countParts, savedNumbers } from '../kernels/batch-norm-parts.ts';
import {
  type Convolution,
  forwardPasses,
  inputGradientPasses,
  updatePasses,
} from '../kernels/convolution.ts';
import { fixedStore } from '../tensors.ts';
import { type Node, viewOf } from './analyse.ts';
import {
  lowerAverage,
  lowerConcat,
  lowerMaxPool,
  lowerResponseNorm,
  lowerSum,
} from './lower-maps.ts';
import { type LoweringContext, type NodePasses, onlyInput, outputOf } from './lowering.ts';

/**
 * Lowers a node.
 *
 * @throws RangeError where it has a combination of layers that has no kernel
 */
export function lowerNode(node: Node, context: LoweringContext): NodePasses {
  const { layer } = node.placed;
  switch (layer.kind) {
    case 'conv':
    case 'dense':
      return lowerConvolution(node, context);
    case 'batchNorm':
      return lowerBatchNorm(node, layer.eps, context);
    case 'maxPool':
      return lowerMaxPool(node, layer, context);
    case 'localResponseNorm':
      return lowerResponseNorm(node, layer, context);
    case 'globalAveragePool':
      return lowerAverage(node, context);
    case 'concat':
      return lowerConcat(node, context);
    case 'relu':
    case 'add':
    case 'flatten':
      return lowerSum(node, context);
  }
}

const POINT: Pick<Conv, 'kernel' | 'stride' | 'padding'> = {
  kernel: 1,
  stride: 1,
  padding: [0, 0, 0, 0],
};

function lowerConvolution(node: Node, context: LoweringContext): NodePasses {
  const { placed, relu, addend } = node;
  const { analysis, state, setting } = context;
  const read = onlyInput(node);
  const input = viewOf(analysis, read);
  const out = outputOf(node, context);
  const filters = state.trained.get(node.value);
  if (filters === undefined) throw new RangeError(`${node.value} has no weights`);
  const { kernel, stride, padding } = placed.layer.kind === 'conv' ? placed.layer : POINT;
  const [top, left] = padding;
  const bias = placed.parameters[1];
  const convolution: Convolution = {
    label: layerName(placed),
    window: { kernel, stride, top, left },
    filters,
    bias: bias !== undefined,
    flops: placed.flops,
  };
  const added = addend === undefined ? undefined : { value: addend, flat: false };
  const output = { out, relu, addend: added && viewOf(analysis, added) };
  return {
    forward: forwardPasses(convolution, input, output, setting),
    backward: ({ gradients, passes, trained, sgd }) => {
      const gradient = gradients.take(node.value);
      if (added !== undefined && trained.has(added.value)) gradients.share(added, gradient, false);
      if (trained.has(read.value)) {
        passes.push(...inputGradientPasses(convolution, gradient, gradients.output(read), setting));
      }
      const biasStays = bias !== undefined && context.biasesThatStay.has(bias.name);
      passes.push(...updatePasses(convolution, input, gradient, { ...setting, sgd, biasStays }));
    },
  };
}

function lowerBatchNorm(node: Node, eps: number, context: LoweringContext): NodePasses {
  const { analysis, state, setting, mode } = context;
  const read = onlyInput(node);
  const input = viewOf(analysis, read);
  const out = outputOf(node, context);
  const scales = state.trained.get(node.value);
  const running = state.running.get(node.value);
  if (scales === undefined || running === undefined)
    throw new RangeError(`${node.value} has no state`);
  const label = layerName(node.placed);
  const parts = countParts(input, setting.batch, setting.machine.processors);
  const of: BatchNormOf = {
    label,
    eps,
    input,
    relu: node.relu,
    parts,
    stores: {
      scales,
      running,
      saved: fixedStore(`${label} saved`, savedNumbers(input), false),
      parts: fixedStore(`${label} parts`, parts * 2 * input.channels, false),
    },
  };
  return {
    forward:
      mode === 'training'
        ? [batchStatisticsPass(of), normalizePass(of, out)]
        : [normalizeByRunningPass(of, out)],
    backward: ({ gradients, passes, trained, sgd }) => {
      const gradient = gradients.take(node.value);
      passes.push(gradientSumsPass(of, gradient));
      const output = trained.has(read.value) ? gradients.output(read) : null;
      passes.push(normalizeGradientPass(of, gradient, output, sgd));
    },
  };
}
