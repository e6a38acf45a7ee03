/** The gradients of values while a plan is made backward: who adds to whom, and where it lies. */

import { sumOfViews } from '../kernels/elementwise.ts';
import type { KernelOutput } from '../kernels/epilogue.ts';
import type { Pass } from '../pass.ts';
import { flatView, sampleStore, type View } from '../tensors.ts';
import type { Analysis, Read, Value } from './analyse.ts';

interface Term {
  readonly view: View;
  /** True where nothing else reads this memory, so that more can be added in place. */
  readonly own: boolean;
  readonly masked: boolean;
}

/** What is known of each value's gradient so far. */
export class Gradients {
  readonly #analysis: Analysis;
  readonly #passes: Pass[];
  readonly #terms = new Map<string, Term>();

  /** Passes that only add or copy are appended to `passes`. */
  constructor(analysis: Analysis, passes: Pass[]) {
    this.#analysis = analysis;
    this.#passes = passes;
  }

  /**
   * Where a pass that computes a share of a gradient writes it, and what it adds on the way.
   *
   * @throws RangeError where there is no such value
   */
  output({ value, flat }: Read): KernelOutput {
    const { view, masked } = this.#value(value);
    const term = this.#terms.get(value);
    const out = term?.own ? term.view : this.#make(value, view);
    this.#terms.set(value, { view: out, own: true, masked });
    const turn = (each: View): View =>
      flat && each.height * each.width > 1 ? flatView(each) : each;
    return {
      out: turn(out),
      ...(term === undefined ? {} : { addend: turn(term.view) }),
      ...(masked ? { mask: turn(view) } : {}),
    };
  }

  /**
   * Takes other memory as a share of a gradient, which stays as it is.
   *
   * @throws RangeError where there is no such value
   */
  share({ value }: Read, view: View, masked: boolean): void {
    if (!this.#terms.has(value)) this.#terms.set(value, { view, own: false, masked });
    else
      this.#passes.push(
        sumOfViews(`${value} gradient sum`, [view], this.output({ value, flat: false })),
      );
  }

  /**
   * The whole gradient of a value, zero where its ReLU was.
   *
   * @throws RangeError where nothing has added to it
   */
  take(value: string): View {
    const term = this.#terms.get(value);
    if (term === undefined) throw new RangeError(`${value} has no gradient`);
    const { view, masked } = this.#value(value);
    if (!masked || term.masked) return term.view;
    const out = this.#make(value, view);
    this.#passes.push(sumOfViews(`${value} gradient mask`, [term.view], { out, mask: view }));
    return out;
  }

  #value(name: string): Value {
    const found = this.#analysis.values.get(name);
    if (found === undefined) throw new RangeError(`there is no value ${name}`);
    return found;
  }

  #make(name: string, view: View): View {
    const { height, width, channels } = view;
    const store = sampleStore(`${name} gradient`, height * width * channels);
    return { ...view, store, stride: channels, offset: 0 };
  }
}
