/** Running, its remote cache: the results of others behind the interface of run-services.ts, and what is sent. */

import type { ResultOutput, ResultRecord } from '../cache/results.ts';
import type { Inspection } from '../inspect/inspect.ts';
import type { OpenRemote } from '../remote/open-remote.ts';
import type { RemoteUse } from '../remote/remote-cache.ts';
import type { Remote } from './run-services.ts';

/** A remote cache as a run uses it, opened when something is first asked of it. */
export class RemoteResults implements Remote {
  readonly #use: RemoteUse;
  readonly #open: () => Promise<OpenRemote>;
  #opened: Promise<OpenRemote> | undefined;
  readonly #sending = new Set<Promise<unknown>>();

  constructor(use: RemoteUse, open: () => Promise<OpenRemote>) {
    this.#use = use;
    this.#open = open;
  }

  async find({ node, fingerprint }: Inspection): Promise<void> {
    if (!this.#use.pull) return;
    const { cache } = await this.#opening();
    await cache.find(fingerprint, node.stage.extends);
  }

  async findReads({ record }: Inspection): Promise<void> {
    if (!this.#use.pull) return;
    const { cache } = await this.#opening();
    await cache.findReads(record);
  }

  async fetch(outputs: readonly ResultOutput[], result: ResultRecord | null): Promise<boolean> {
    if (!this.#use.pull) return false;
    const { cache } = await this.#opening();
    const telling = result === null ? null : cache.fetchTelling(result);
    const isHere = await cache.fetchOutputs(outputs);
    await telling;
    return isHere;
  }

  send(result: ResultRecord): void {
    if (!this.#use.push) return;
    // Nothing on the other side throws; what does is a bug of ours or of this disk, told at the end.
    const sending = this.#opening().then(({ cache }) => cache.send(result));
    this.#sending.add(sending);
    sending.catch(() => {});
  }

  /**
   * Until all has been sent that can be, unless the run is stopped before. Then it is closed.
   *
   * @throws what kept something from being sent that is not the other side's fault
   */
  async finish(signal: AbortSignal): Promise<void> {
    if (signal.aborted) this.close();
    signal.addEventListener('abort', this.close, { once: true });
    try {
      await Promise.all(this.#sending);
    } finally {
      signal.removeEventListener('abort', this.close);
      const opened = await this.#opened;
      opened?.close();
    }
  }

  /** Ends all that is under way. */
  readonly close = (): void => {
    this.#opened?.then(
      ({ close }) => close(),
      () => {},
    );
  };

  #opening(): Promise<OpenRemote> {
    this.#opened ??= this.#open();
    return this.#opened;
  }
}
