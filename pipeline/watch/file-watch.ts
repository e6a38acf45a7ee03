/** The watcher on disk: exactly the files that a graph was made from. */

import { readdirSync, statSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { IgnoreRules } from '../ignore/ignore-rules.ts';
import { isErrorCode, isSystemError } from '../system/errors.ts';
import { EditBurst } from './edit-burst.ts';
import { makePathFilter, type PathFilter, type WatchedPaths } from './watched-paths.ts';

/** How often files are looked at where the system cannot tell of edits, and the folders they are in. */
const POLL_MS = 1_000;

/** Watches exactly the files that a graph was made from. */
export class FileWatch {
  readonly #workspace: string;
  readonly #foldsCase: boolean;
  readonly #warn: (text: string) => void;
  readonly #burst = new EditBurst();
  #watcher: FSWatcher | undefined;
  #replaced: Promise<void> = Promise.resolve();
  #filter: PathFilter;
  #polling = false;
  /** Which folders are watched, as they were when that began; undefined for one that was not there. */
  #roots = new Map<string, string | undefined>();
  /** Keeps the process alive, also where nothing is left to watch. */
  readonly #looking: NodeJS.Timeout;

  /**
   * @param workspace absolute path without links
   * @param foldsCase see {@link makePathFilter}
   * @param warn told what the user should know and what stops nothing
   */
  constructor(workspace: string, foldsCase: boolean, warn: (text: string) => void) {
    this.#workspace = workspace;
    this.#foldsCase = foldsCase;
    this.#warn = warn;
    const ignored = new IgnoreRules(workspace, []);
    this.#filter = makePathFilter(workspace, { files: new Set(), inputs: new Set(), ignored });
    this.#looking = setInterval(() => this.#lookAtRoots(), POLL_MS);
  }

  /**
   * Watches these paths from now on, and no others.
   *
   * @returns whether anything new is watched: edits up to now may have gone unnoticed then
   * @throws a system error where a folder cannot be watched for another reason than a limit
   */
  async follow(paths: WatchedPaths): Promise<boolean> {
    const filter = makePathFilter(this.#workspace, paths, this.#foldsCase);
    if (filter.key === this.#filter.key) return false;
    this.#filter = filter;
    await this.#replaceWatcher();
    // The system may have refused, and files be looked at instead.
    await this.#replaced;
    return true;
  }

  /** The paths, from the workspace's, of the next edits: all that come close together. */
  nextEdits(): Promise<readonly string[]> {
    return this.#burst.next();
  }

  async close(): Promise<void> {
    clearInterval(this.#looking);
    this.#burst.close();
    await this.#replaced;
    await this.#watcher?.close();
  }

  /** The old watcher goes when the new one is there, so that no edit falls between them. */
  #replaceWatcher(): Promise<void> {
    this.#replaced = this.#replaced.then(async () => {
      const old = this.#watcher;
      this.#watcher = await this.#open();
      await old?.close();
    });
    return this.#replaced;
  }

  #open(): Promise<FSWatcher> {
    const { roots, admits, counts } = this.#filter;
    this.#roots = new Map(roots.map((root) => [root, identify(root)]));
    const watcher = watch([...roots], {
      ignoreInitial: true,
      ignored: (path) => !admits(path),
      usePolling: this.#polling,
      interval: POLL_MS,
      binaryInterval: POLL_MS,
    });
    watcher.on('all', (event, path) => {
      // The next one there may get the same number.
      if (event === 'unlinkDir' && this.#roots.has(path)) this.#roots.set(path, undefined);
      // An empty folder counts. One with files in it is told of by those.
      if ((event === 'addDir' && !isEmptyFolder(path)) || !counts(path)) return;
      const name = relative(this.#workspace, path).split(sep).join('/');
      if (event === 'addDir') this.#burst.addFolder(name);
      else this.#burst.add(name);
    });
    watcher.on('error', (error) => this.#complain(error));
    return new Promise((resolve) => watcher.once('ready', () => resolve(watcher)));
  }

  /** The system tells nothing of a folder that comes in the place of a watched one that went. */
  #lookAtRoots(): void {
    for (const [root, before] of this.#roots) {
      const now = identify(root);
      if (now === before) continue;
      this.#roots.set(root, now);
      if (now === undefined) continue;
      const path = relative(this.#workspace, root) || '.';
      void this.#replaceWatcher().then(() => this.#burst.add(path));
    }
  }

  #complain(error: unknown): void {
    const isExhausted = isErrorCode(error, 'ENOSPC', 'EMFILE', 'ENFILE');
    if (!isExhausted) {
      this.#warn(`an edit may go unnoticed: ${error instanceof Error ? error.message : error}`);
      return;
    }
    if (this.#polling) return;
    this.#polling = true;
    this.#warn('the system watches no more files, so they are looked at every second');
    void this.#replaceWatcher();
  }
}

function isEmptyFolder(path: string): boolean {
  try {
    return readdirSync(path).length === 0;
  } catch (error) {
    // It is gone again.
    if (!isSystemError(error)) throw error;
    return false;
  }
}

/** Tells a folder from others at its path; undefined where there is none. */
function identify(folder: string): string | undefined {
  try {
    const { dev, ino } = statSync(folder);
    return `${dev} ${ino}`;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return undefined;
  }
}
