/** Keeps held leases fresh: a thread that touches their files, however busy the engine is. */

import { Worker } from 'node:worker_threads';

/** Keeps leases alive. */
export interface Heart {
  /**
   * Begins to beat for a lease file.
   *
   * @param nonce what the file holds as long as the lease is ours
   * @param lost called when the file is gone or somebody else's
   */
  readonly start: (path: string, nonce: string, lost: () => void) => void;
  readonly stop: (path: string) => void;
}

/** A lease may be held so long without a beat: many are given back before that. */
const FIRST_REST_MS = 250;

/** A lease that is held. */
interface HeldFile {
  readonly nonce: string;
  readonly lost: () => void;
}

/**
 * Beats from a thread of its own, because the engine hashes large outputs without a pause. The
 * thread costs more than a short stage: it starts when the first lease has been held for a while.
 */
export class ThreadHeart implements Heart {
  readonly #everyMs: number;
  readonly #held = new Map<string, HeldFile>();
  #thread: Worker | undefined;
  #start: NodeJS.Timeout | undefined;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  start(path: string, nonce: string, lost: () => void): void {
    this.#held.set(path, { nonce, lost });
    this.#thread?.postMessage({ path, nonce });
    if (this.#thread !== undefined || this.#start !== undefined) return;
    this.#start = setTimeout(() => this.#open(), Math.min(FIRST_REST_MS, this.#everyMs)).unref();
  }

  stop(path: string): void {
    this.#held.delete(path);
    this.#thread?.postMessage({ path, nonce: null });
    if (this.#held.size > 0) return;
    clearTimeout(this.#start);
    this.#start = undefined;
  }

  #open(): void {
    try {
      const thread = new Worker(BEATING, { eval: true, workerData: this.#everyMs, stdin: false });
      thread.on('message', (path: string) => this.#held.get(path)?.lost());
      thread.on('error', () => this.#openLater());
      thread.unref();
      for (const [path, { nonce }] of this.#held) thread.postMessage({ path, nonce });
      this.#thread = thread;
    } catch {
      this.#openLater();
    }
  }

  /** The system has no thread left for now. Meanwhile processes of this host know that we live. */
  #openLater(): void {
    this.#thread = undefined;
    this.#start = setTimeout(() => this.#open(), this.#everyMs).unref();
  }
}

/** Touches the file of each lease that still holds its nonce, and tells which do not. */
const BEATING = `
const { closeSync, futimesSync, openSync, readFileSync } = require('node:fs');
const { parentPort, workerData } = require('node:worker_threads');
const held = new Map();
parentPort.on('message', ({ path, nonce }) => {
  if (nonce === null) held.delete(path);
  else held.set(path, nonce);
});
setInterval(() => {
  for (const [path, nonce] of held) {
    let isOurs = false;
    try {
      const fd = openSync(path, 'r+');
      try {
        isOurs = readFileSync(fd, 'utf8').includes(nonce);
        if (isOurs) futimesSync(fd, new Date(), new Date());
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      // Anything else than its absence may pass: a network file system that does not answer.
      isOurs = error.code !== 'ENOENT' && error.code !== 'ENOTDIR';
    }
    if (!isOurs) {
      held.delete(path);
      parentPort.postMessage(path);
    }
  }
}, workerData);
`;
