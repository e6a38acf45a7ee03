/** What lowering one layer in the blocked layout takes and gives. */

import type { Model } from '../../../models/model.ts';
import type { ForwardOptions, NamedValue } from '../layout.ts';
import type { Blocks, Edges } from './blocks.ts';
import type { Fusions } from './fusions.ts';
import type { Roles } from './roles.ts';
import type { BlockedValue } from './values.ts';

/** The graph that layers are written to, and what they can read besides their inputs. */
export interface BlockedPass extends ForwardOptions {
  readonly model: Model;
  readonly blocks: Blocks;
  readonly roles: Roles;
  readonly fusions: Fusions;
  /** Names of the values that lie as [features, batch] (turned-values.ts). */
  readonly turned: ReadonlySet<string>;
  /** Biases whose gradients are zero (models/cancelled-biases.ts). */
  readonly cancelled: ReadonlySet<string>;
}

interface GradientOptions {
  /**
   * Hands the gradient for an input on: `lower` is given what is known of it already and returns the
   * two added up. It is not called where nobody needs that gradient.
   */
  readonly passBack: (
    input: number,
    lower: (known: BlockedValue | undefined) => BlockedValue,
  ) => void;
}

/** A layer lowered forward, with what it keeps for its gradient. */
export interface LoweredBlockedLayer {
  readonly output: BlockedValue;
  /** The running statistics after this batch. */
  readonly nextStatistics?: readonly NamedValue[];
  /**
   * Lowers the gradients, given that for the output. Returns that of each parameter, unless it is
   * zero.
   */
  readonly lowerGradients: (
    gradient: BlockedValue,
    options: GradientOptions,
  ) => readonly NamedValue[];
}

/** The edges of a layer's padding. */
export function edgesOf([top, left, bottom, right]: readonly [
  number,
  number,
  number,
  number,
]): Edges {
  return { top, left, bottom, right };
}
