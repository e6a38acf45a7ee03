/** Kernels that go through a map once, four channels of a position a thread. */

import { Bindings, type Pass } from '../pass.ts';
import { positionsOf, type View } from '../tensors.ts';
import { emitOutput, type KernelOutput } from './epilogue.ts';
import { address } from './text.ts';
import { passOfThreads } from './threads.ts';

/** A pass over the positions of a view. */
export interface Walk {
  readonly label: string;
  readonly bindings: Bindings;
  /** What is gone through: its positions and channels. */
  readonly over: View;
  /** WGSL that works on `position` of the batch and `quad` of its channels. */
  readonly body: string;
  /** How often each number is read or written, all in all. */
  readonly touches: number;
}

/** A thread for each four channels of each position. */
export function walkPass({ label, bindings, over, body, touches }: Walk): Pass {
  const quads = over.channels / 4;
  const each = positionsOf(over) * quads;
  return passOfThreads({
    label,
    bindings,
    each,
    body: `let position = at / ${quads}u;
  let quad = at % ${quads}u;
  ${body}`,
    bytes: (batch) => batch * each * 16 * touches,
  });
}

/** The sum of views, and what else `output` says: a ReLU, a copy, an addition. */
export function sumOfViews(label: string, views: readonly View[], output: KernelOutput): Pass {
  const bindings = new Bindings();
  const terms = views.map(
    (view) => `${bindings.read(view.store)}[${address(view, 'position', 'quad')}]`,
  );
  const emit = emitOutput(bindings, output);
  const body = `let sum = ${terms.join(' + ')};
  ${emit('position', 'quad', 'sum')}`;
  return walkPass({ label, bindings, over: output.out, body, touches: views.length + 1 });
}
