/** The sessions that an engine has open, one a purpose, each with as many threads as it is to have. */

import type { InferenceSession } from 'onnxruntime-node';
import type { OnnxGraph } from './model-proto.ts';
import type { Runtime, SessionOptions } from './runtime.ts';

/** Sessions are closed between two uses where to open them all again takes a smaller share of the time. */
const CHEAP_SHARE = 1 / 200;

interface OpenSession {
  readonly session: InferenceSession;
  readonly threads: number;
}

/**
 * Sessions by what they are for. Each has memory of its own, up to a gigabyte, which onnxruntime gives back
 * when it is released. So where a training stays with one for long enough, an epoch of minutes, the one
 * before is released: then there is never more than one, and each is opened again once an epoch. One that
 * is asked for with another number of threads is opened again too, since that is fixed for good.
 */
export class Sessions {
  readonly #runtime: Pick<Runtime, 'openSession'>;
  /** Seconds on a clock that never goes back. */
  readonly #now: () => number;
  readonly #open = new Map<string, OpenSession>();
  /** By purpose, what compiling and opening took. */
  readonly #seconds = new Map<string, number>();
  #inUse: string | null = null;
  /** When the one in use began to be. */
  #since = 0;
  /** Seconds for which one was in use without another in between, at most. */
  #longest = 0;

  constructor(runtime: Pick<Runtime, 'openSession'>, now = () => performance.now() / 1000) {
    this.#runtime = runtime;
    this.#now = now;
  }

  /** How long it takes to open all that have been needed. */
  get seconds(): number {
    return [...this.#seconds.values()].reduce((sum, seconds) => sum + seconds, 0);
  }

  /** The session for a purpose. None may be running. */
  async open(
    purpose: string,
    options: Required<SessionOptions>,
    compile: () => OnnxGraph,
  ): Promise<InferenceSession> {
    if (purpose !== this.#inUse) await this.#change(purpose);
    const known = this.#open.get(purpose);
    if (known?.threads === options.threads) return known.session;
    await this.#release(purpose);
    const startedAt = this.#now();
    const session = await this.#runtime.openSession(compile(), options);
    this.#seconds.set(purpose, this.#now() - startedAt);
    this.#open.set(purpose, { session, threads: options.threads });
    return session;
  }

  /** Releases all. None may be running. */
  async close(): Promise<void> {
    for (const purpose of [...this.#open.keys()]) await this.#release(purpose);
  }

  async #change(purpose: string): Promise<void> {
    const now = this.#now();
    if (this.#inUse !== null) {
      this.#longest = Math.max(this.#longest, now - this.#since);
      if (this.seconds < CHEAP_SHARE * this.#longest) await this.#release(this.#inUse);
    }
    this.#inUse = purpose;
    this.#since = now;
  }

  async #release(purpose: string): Promise<void> {
    const known = this.#open.get(purpose);
    this.#open.delete(purpose);
    await known?.session.release();
  }
}
