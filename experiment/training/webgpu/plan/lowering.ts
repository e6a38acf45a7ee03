/** What lowering a layer needs and gives. */

import type { SgdOptions } from '../../engine.ts';
import type { KernelSetting } from '../kernels/multiply.ts';
import type { Pass } from '../pass.ts';
import type { View } from '../tensors.ts';
import { type Analysis, type Node, type Read, viewOf } from './analyse.ts';
import type { Gradients } from './gradients.ts';
import type { StateStores } from './state-layout.ts';

/** What every layer's passes need to know. */
export interface LoweringContext {
  readonly analysis: Analysis;
  readonly state: StateStores;
  readonly setting: KernelSetting;
  readonly mode: 'training' | 'evaluation';
  /** Names of biases without a gradient. */
  readonly biasesThatStay: ReadonlySet<string>;
}

/** What the way back needs to know. */
interface Backward {
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

/** The only value that a node reads. Throws a RangeError where there is none. */
export function onlyInput({ inputs, value }: Node): Read {
  const [read] = inputs;
  if (read === undefined) throw new RangeError(`${value} reads nothing`);
  return read;
}

/** Where a node's value lies. */
export function outputOf({ value }: Node, { analysis }: LoweringContext): View {
  return viewOf(analysis, { value, flat: false });
}
