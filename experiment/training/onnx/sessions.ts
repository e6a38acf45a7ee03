/** The sessions that an engine has open, one a purpose, each with as many threads as it is to have. */

import type { InferenceSession } from 'onnxruntime-node';
import type { OnnxGraph } from './model-proto.ts';
import type { Runtime } from './runtime.ts';

interface OpenSession {
  readonly session: InferenceSession;
  readonly threads: number;
  /** What compiling and opening took. */
  readonly seconds: number;
}

/**
 * Sessions by what they are for. One that is asked for with another number of threads is opened again
 * then, since onnxruntime fixes it for good, and the one before released: each has memory of its own,
 * up to a gigabyte.
 */
export class Sessions {
  readonly #runtime: Runtime;
  readonly #open = new Map<string, OpenSession>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** How long it took to open those that are open. */
  get seconds(): number {
    return [...this.#open.values()].reduce((sum, { seconds }) => sum + seconds, 0);
  }

  /** The session for a purpose, which must not be in use where its number of threads changes. */
  async open(
    purpose: string,
    threads: number,
    compile: () => OnnxGraph,
  ): Promise<InferenceSession> {
    const known = this.#open.get(purpose);
    if (known?.threads === threads) return known.session;
    this.#open.delete(purpose);
    await known?.session.release();
    const startedAt = performance.now();
    const session = await this.#runtime.openSession(compile(), threads);
    const seconds = (performance.now() - startedAt) / 1000;
    this.#open.set(purpose, { session, threads, seconds });
    return session;
  }
}
