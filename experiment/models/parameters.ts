/** What a layer trains, and what it keeps without training it. Names and axes are PyTorch's. */

import type { Layer } from './layers.ts';
import { featuresOf, mapOf, type Shape } from './shapes.ts';

/** A trained tensor. */
export interface Parameter {
  readonly name: string;
  readonly shape: Shape;
  /** Number of inputs of a unit: the scale of the initial values. */
  readonly fanIn: number;
  /** `scale` and `shift` are the weight and bias of a batch norm, which start at 1 and 0. */
  readonly role: 'weight' | 'bias' | 'scale' | 'shift';
}

/** A tensor that training updates by other means than the gradient: a running statistic. */
export interface Statistic {
  readonly name: string;
  readonly shape: Shape;
  /** The value that it is filled with before the first step. */
  readonly initial: number;
}

/** The parameters of a layer on this input, weights before biases. */
export function parametersOf(layer: Layer, input: Shape): readonly Parameter[] {
  switch (layer.kind) {
    case 'dense': {
      const fanIn = featuresOf(layer, input);
      return [
        { name: `${layer.name}.weight`, shape: [layer.units, fanIn], fanIn, role: 'weight' },
        { name: `${layer.name}.bias`, shape: [layer.units], fanIn, role: 'bias' },
      ];
    }
    case 'conv': {
      const { name, channels, kernel, bias } = layer;
      const [inputs] = mapOf(layer, input);
      const fanIn = inputs * kernel * kernel;
      const shape = [channels, inputs, kernel, kernel];
      const weight: Parameter = { name: `${name}.weight`, shape, fanIn, role: 'weight' };
      if (!bias) return [weight];
      return [weight, { name: `${name}.bias`, shape: [channels], fanIn, role: 'bias' }];
    }
    case 'batchNorm': {
      const [channels] = mapOf(layer, input);
      return [
        { name: `${layer.name}.weight`, shape: [channels], fanIn: 1, role: 'scale' },
        { name: `${layer.name}.bias`, shape: [channels], fanIn: 1, role: 'shift' },
      ];
    }
    default:
      return [];
  }
}

/** The running statistics of a layer on this input: mean, then variance. */
export function statisticsOf(layer: Layer, input: Shape): readonly Statistic[] {
  if (layer.kind !== 'batchNorm') return [];
  const [channels] = mapOf(layer, input);
  return [
    { name: `${layer.name}.running_mean`, shape: [channels], initial: 0 },
    { name: `${layer.name}.running_var`, shape: [channels], initial: 1 },
  ];
}
