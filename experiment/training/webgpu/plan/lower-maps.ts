/** What passes layers without parameters become. */

import type { LocalResponseNorm, MaxPool } from '../../../models/layers.ts';
import { layerName } from '../../../models/model.ts';
import { sumOfViews } from '../kernels/elementwise.ts';
import {
  averageGradientPass,
  averagePass,
  marksPerSample,
  maxPoolGradientPass,
  maxPoolPass,
} from '../kernels/pooling.ts';
import { responseNormGradientPass, responseNormPass } from '../kernels/response-norm.ts';
import { positionsOf, sampleStore, type View } from '../tensors.ts';
import { type Node, type Read, viewOf } from './analyse.ts';
import { type LoweringContext, type NodePasses, onlyInput, outputOf } from './lowering.ts';

/** A max-pool. */
export function lowerMaxPool(node: Node, layer: MaxPool, context: LoweringContext): NodePasses {
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

/** A response norm. Throws a RangeError where its channels do not lie side by side. */
export function lowerResponseNorm(
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

/** The mean of each channel. */
export function lowerAverage(node: Node, context: LoweringContext): NodePasses {
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

/** A concatenation: copies of what is not made in place. */
export function lowerConcat(node: Node, context: LoweringContext): NodePasses {
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

/** A sum, or a ReLU that no other kernel does. */
export function lowerSum(node: Node, context: LoweringContext): NodePasses {
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
