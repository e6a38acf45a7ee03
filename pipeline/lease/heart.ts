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

/**
 * Beats from a thread of its own, because the engine hashes large outputs without a pause. The
 * thread starts with the first lease: a run without work has none.
 */
export class ThreadHeart implements Heart {
  readonly #everyMs: number;
  readonly #lost = new Map<string, () => void>();
  #thread: Worker | undefined;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  start(path: string, nonce: string, lost: () => void): void {
    this.#lost.set(path, lost);
    this.#thread ??= this.#open();
    this.#thread.postMessage({ path, nonce });
  }

  stop(path: string): void {
    this.#lost.delete(path);
    this.#thread?.postMessage({ path, nonce: null });
  }

  #open(): Worker {
    const thread = new Worker(BEATING, { eval: true, workerData: this.#everyMs, stdin: false });
    thread.on('message', (path: string) => this.#lost.get(path)?.());
    thread.unref();
    return thread;
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
