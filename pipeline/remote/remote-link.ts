/**
 * Speaking with a remote cache that may be slow, gone or full: so many requests at a time, tried again
 * once, given up as a whole when that leads nowhere, and told of once.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { RemoteFault, type RemoteStore } from './remote-store.ts';

/** How far transfers have come, in one direction. */
export interface TransferCount {
  readonly direction: 'pull' | 'push';
  /** Objects. */
  readonly done: number;
  readonly of: number;
  readonly bytes: number;
  readonly ofBytes: number;
}

/** Told what becomes of transfers. */
export interface LinkEvents {
  /** What the user should know, once: the remote cache is not used any more, and why. */
  readonly warn: (text: string) => void;
  /** Called often. */
  readonly count: (count: TransferCount) => void;
}

const SECOND_TRY_MS = 200;
/** So many requests may go wrong in one direction before it is given up. */
const MOST_BROKEN = 3;
/** Servers that did not answer are left alone for a while, by whoever asks in this process. */
const REST_MS = 60_000;
const awayUntil = new Map<string, number>();

type Direction = TransferCount['direction'];

/** What stands on the other side, as long as it answers. */
export class RemoteLink {
  /** As it is shown. */
  readonly name: string;
  readonly #store: RemoteStore;
  readonly #events: LinkEvents;
  readonly #most: number;
  readonly #broken = { pull: 0, push: 0 };
  readonly #isOff = { pull: false, push: false };
  readonly #counts: Record<
    Direction,
    { done: number; of: number; bytes: number; ofBytes: number }
  > = { pull: nothing(), push: nothing() };
  readonly #waiting: (() => void)[] = [];
  #open = 0;
  #isClosed = false;

  /** @param most requests at a time */
  constructor(name: string, store: RemoteStore, most: number, events: LinkEvents) {
    this.name = name;
    this.#store = store;
    this.#most = most;
    this.#events = events;
    if ((awayUntil.get(name) ?? 0) > Date.now()) this.#turnOff('pull', 'push');
  }

  /** Whether anything is still asked of it. */
  isUsed(direction: Direction): boolean {
    return !this.#isOff[direction] && !this.#isClosed;
  }

  /**
   * Asks something of it, when it is its turn.
   *
   * @param act what may be done twice
   * @returns null where it did not do that, which has been told
   * @throws what `act` throws, other than a fault of the remote cache
   */
  async ask<T>(direction: Direction, act: (store: RemoteStore) => Promise<T>): Promise<T | null> {
    if (this.#open < this.#most) this.#open++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      for (let isSecond = false; this.isUsed(direction); isSecond = true) {
        try {
          return await act(this.#store);
        } catch (error) {
          if (this.#isClosed) return null;
          if (!(error instanceof RemoteFault)) throw error;
          if (error.kind === 'broken' && !isSecond) {
            await sleep(SECOND_TRY_MS);
            continue;
          }
          this.#note(direction, error);
          return null;
        }
      }
      return null;
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#open--;
      else next();
    }
  }

  /** Adds to what is to be transferred and what has been. */
  count(direction: Direction, more: Partial<Omit<TransferCount, 'direction'>>): void {
    const count = this.#counts[direction];
    for (const key of ['done', 'of', 'bytes', 'ofBytes'] as const) count[key] += more[key] ?? 0;
    this.#events.count({ direction, ...count });
  }

  /** Ends all that is under way, which then counts as not done. */
  close(): void {
    this.#isClosed = true;
    this.#store.close();
  }

  #note(direction: Direction, { kind, message }: RemoteFault): void {
    if (this.#isOff[direction]) return;
    this.#broken[direction]++;
    if (kind === 'broken' && this.#broken[direction] < MOST_BROKEN) return;
    if (kind === 'away') {
      awayUntil.set(this.name, Date.now() + REST_MS);
      this.#turnOff('pull', 'push');
    } else this.#turnOff(direction);
    const what =
      kind === 'away'
        ? 'it is left alone'
        : direction === 'pull'
          ? 'nothing more is fetched from it'
          : 'nothing more is sent there';
    this.#events.warn(`the remote cache ${this.name} fails, so ${what}: ${message}`);
  }

  #turnOff(...directions: readonly Direction[]): void {
    for (const direction of directions) this.#isOff[direction] = true;
  }
}

function nothing() {
  return { done: 0, of: 0, bytes: 0, ofBytes: 0 };
}
