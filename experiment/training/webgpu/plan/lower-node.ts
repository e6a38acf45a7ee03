/** What passes each kind of layer becomes, forward and backward. */

import type { Conv, LocalResponseNorm, MaxPool } from '../../../models/layers.ts';
import { layerName } from '../../../models/model.ts';
import type { SgdOptions } from '../../engine.ts';
import {
  type BatchNormOf,
  batchStatisticsPass,
  countParts,
  gradientSumsPass,
  normalizeByRunningPass,
  normalizeGradientPass,
  normalizePass,
  savedNumbers,
} from '../kernels/batch-norm.ts';
import {
  type Convolution,
  forwardPasses,
  inputGradientPasses,
  type Setting,
  updatePasses,
} from '../kernels/convolution.ts';
import { sumOfViews } from '../kernels/elementwise.ts';
import {
  averageGradientPass,
  averagePass,
  marksPerSample,
  maxPoolGradientPass,
  maxPoolPass,
} from '../kernels/pooling.ts';
import { responseNormGradientPass, responseNormPass } from '../kernels/response-norm.ts';
import type { Pass } from '../pass.ts';
import { fixedStore, positionsOf, sampleStore, type View } from '../tensors.ts';
import { type Analysis, type Node, type Read, viewOf } from './analyse.ts';
import type { Gradients } from './gradients.ts';
import type { StateLayout } from './state-layout.ts';

/** What every layer's passes need to know. */
export interface LoweringContext {
  readonly analysis: Analysis;
  readonly state: StateLayout;
  readonly setting: Setting;
  readonly mode: 'training' | 'evaluation';
  /** Names of biases without a gradient. */
  readonly biasesThatStay: ReadonlySet<string>;
}

/** What the way back needs to know. */
export interface Backward {
  readonly gradients: Gradients;
  /** Where passes are appended. */
  readonly passes: Pass[];
  /** Values whose gradients are wanted. */
  readonly trained: ReadonlySet<string>;
  readonly sgd: SgdOptions;
}

/** The passes of one node. */
export interface NodePasses {
  readonly forward: readonly Pass[];
  readonly backward: (backward: Backward) => void;
}

/** Lowers a node. */
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

function onlyInput({ inputs, value }: Node): Read {
  const [read] = inputs;
  if (read === undefined) throw new RangeError(`${value} reads nothing`);
  return read;
}

function outputOf({ value }: Node, { analysis }: LoweringContext): View {
  return viewOf(analysis, { value, flat: false });
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

function lowerMaxPool(node: Node, layer: MaxPool, context: LoweringContext): NodePasses {
  const read = onlyInput(node);
  const input = viewOf(context.analysis, read);
  const out = outputOf(node, context);
  const label = layerName(node.placed);
  const marks = sampleStore(`${label} marks`, marksPerSample(out));
  return {
    forward: [maxPoolPass(label, layer, input, out, marks)],
    backward: ({ gradients, passes, trained }) => {
      const gradient = gradients.take(node.value);
      if (!trained.has(read.value)) return;
      passes.push(maxPoolGradientPass(label, layer, gradient, marks, gradients.output(read)));
    },
  };
}

function lowerResponseNorm(
  node: Node,
  layer: LocalResponseNorm,
  context: LoweringContext,
): NodePasses {
  const read = onlyInput(node);
  const input = viewOf(context.analysis, read);
  const out = outputOf(node, context);
  if (input.places.some((place, channel) => place !== channel)) {
    throw new RangeError(`${node.value} reads channels that do not lie side by side`);
  }
  const label = layerName(node.placed);
  const scales = sampleStore(`${label} scales`, positionsOf(input) * input.channels);
  return {
    forward: [responseNormPass(label, layer, input, out, scales)],
    backward: ({ gradients, passes, trained }) => {
      const gradient = gradients.take(node.value);
      if (!trained.has(read.value)) return;
      const output = gradients.output(read);
      passes.push(responseNormGradientPass(label, { layer, input, gradient, scales, ...output }));
    },
  };
}

function lowerAverage(node: Node, context: LoweringContext): NodePasses {
  const read = onlyInput(node);
  const label = layerName(node.placed);
  const input = viewOf(context.analysis, read);
  return {
    forward: [averagePass(label, input, outputOf(node, context))],
    backward: ({ gradients, passes, trained }) => {
      const gradient = gradients.take(node.value);
      if (!trained.has(read.value)) return;
      passes.push(averageGradientPass(label, gradient, gradients.output(read)));
    },
  };
}

function lowerConcat(node: Node, context: LoweringContext): NodePasses {
  const { analysis } = context;
  const target = outputOf(node, context);
  const slices: { read: Read; slice: View; source: View }[] = [];
  let offset = target.offset;
  for (const read of node.inputs) {
    const source = viewOf(analysis, read);
    const slice = { ...source, store: target.store, stride: target.stride, offset };
    slices.push({ read, slice, source });
    offset += source.channels;
  }
  const copied = slices.filter(({ read }) => !analysis.inPlace.has(read.value));
  return {
    forward: copied.map(({ read, slice, source }) =>
      sumOfViews(`${node.value} copy of ${read.value}`, [source], { out: slice }),
    ),
    backward: ({ gradients, trained }) => {
      const gradient = gradients.take(node.value);
      const masked = analysis.values.get(node.value)?.masked === true;
      for (const { read, slice } of slices) {
        if (!trained.has(read.value)) continue;
        const from = slice.offset - target.offset + gradient.offset;
        const share = { ...slice, store: gradient.store, stride: gradient.stride, offset: from };
        gradients.share(read, share, masked);
      }
    },
  };
}

function lowerSum(node: Node, context: LoweringContext): NodePasses {
  const { analysis } = context;
  const relu = node.placed.layer.kind === 'relu';
  const views = node.inputs.map((read) => viewOf(analysis, read));
  return {
    forward: [sumOfViews(layerName(node.placed), views, { out: outputOf(node, context), relu })],
    backward: ({ gradients, trained }) => {
      const gradient = gradients.take(node.value);
      for (const read of node.inputs) {
        if (trained.has(read.value)) gradients.share(read, gradient, false);
      }
    },
  };
}
