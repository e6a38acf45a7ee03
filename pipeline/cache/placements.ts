/** Notes of what runs put where, by which a run knows its own things from the user's. */

import { readFileSync, statSync } from 'node:fs';
import type { ContentId } from '../fingerprint/record.ts';
import { isErrorCode } from '../system/errors.ts';
import type { StateLayout } from '../system/layout.ts';
import { appendLines, keepIfPossible, replaceFile } from '../system/memo-file.ts';

/** What runs have put at one path of the workspace. */
export interface Placement {
  readonly path: string;
  /** The latest last, each once. */
  readonly contents: readonly ContentId[];
  /** The profile and settings of the run that was there last. */
  readonly context: string;
}

/** So many contents are remembered of a path. */
const MOST_CONTENTS = 8;
/** A log that has more lines than it needs by so many is written anew. */
const MOST_STALE = 5_000;

/**
 * Notes of what runs have put where, by which a run knows its own: a line a placing, appended. Without
 * them whatever stands at the place of an output is taken for the user's, so that they may be lost.
 */
export class Placements {
  readonly #layout: StateLayout;
  readonly #context: string;
  #known: Map<string, Placement> | undefined;
  /** Of the file, as far as it is known. */
  #size = 0;

  /** @param context names the profile and settings of this run */
  constructor(layout: StateLayout, context: string) {
    this.#layout = layout;
    this.#context = context;
  }

  /** Notes what has been put at a path, from the workspace. */
  note(path: string, content: ContentId): void {
    const line = formatLine(path, content, this.#context);
    const last = this.#known?.get(path);
    if (last?.context === this.#context && last.contents.at(-1) === content) return;
    if (this.#known !== undefined) addTo(this.#known, path, content, this.#context);
    // Where that cannot be, what is put there will be taken for the user's own.
    keepIfPossible(() => {
      appendLines(this.#layout.placements, line, this.#layout.temporary);
      this.#size += Buffer.byteLength(line);
    });
  }

  /** What runs have put at a path, the latest first. */
  contentsAt(path: string): readonly ContentId[] {
    return this.#readAgain().get(path)?.contents.toReversed() ?? [];
  }

  /** The placements below a path, and those of folders above it. */
  around(path: string): readonly Placement[] {
    return [...this.#readAgain().values()].filter(
      (one) => one.path.startsWith(`${path}/`) || path.startsWith(`${one.path}/`),
    );
  }

  /** All placements that are known. */
  all(): readonly Placement[] {
    return [...this.#read().values()];
  }

  /** The placements of runs with this one's profile and settings. */
  ofContext(): readonly Placement[] {
    return this.all().filter(({ context }) => context === this.#context);
  }

  /** Forgets paths at which nothing of a run's stands any more. */
  forget(paths: ReadonlySet<string>): void {
    const known = this.#read();
    for (const path of paths) known.delete(path);
    this.#rewrite(known);
  }

  /** Another process may have put something somewhere since. */
  #readAgain(): Map<string, Placement> {
    if (sizeOf(this.#layout.placements) !== this.#size) this.#known = undefined;
    return this.#read();
  }

  #read(): Map<string, Placement> {
    if (this.#known !== undefined) return this.#known;
    const known = new Map<string, Placement>();
    let lines = 0;
    const text = readIfThere(this.#layout.placements);
    this.#size = Buffer.byteLength(text);
    for (const line of text.split('\n')) {
      const [path, content, context] = parseLine(line) ?? [];
      if (path === undefined || content === undefined || context === undefined) continue;
      lines++;
      addTo(known, path, content, context);
    }
    this.#known = known;
    const needed = [...known.values()].reduce((sum, { contents }) => sum + contents.length, 0);
    if (lines > needed + MOST_STALE) this.#rewrite(known);
    return known;
  }

  /** A line that another process appends meanwhile may be lost, as all may. */
  #rewrite(known: ReadonlyMap<string, Placement>): void {
    const text = [...known.values()]
      .flatMap(({ path, contents, context }) =>
        contents.map((content) => formatLine(path, content, context)),
      )
      .join('');
    keepIfPossible(() => {
      const bytes = Buffer.from(text);
      replaceFile(this.#layout.placements, [bytes], this.#layout.temporary);
      this.#size = bytes.length;
    });
  }
}

function addTo(
  known: Map<string, Placement>,
  path: string,
  content: ContentId,
  context: string,
): void {
  const earlier = known.get(path)?.contents.filter((one) => one !== content) ?? [];
  known.set(path, { path, contents: [...earlier, content].slice(-MOST_CONTENTS), context });
}

/** It begins with its line break, so that one that a crash cut off spoils no other. */
function formatLine(path: string, content: ContentId, context: string): string {
  return `\n${JSON.stringify([path, content, context])}`;
}

function parseLine(line: string): [string, ContentId, string] | null {
  if (line === '') return null;
  try {
    const [path, content, context] = JSON.parse(line) as unknown[];
    const isWhole =
      typeof path === 'string' &&
      typeof content === 'string' &&
      typeof context === 'string' &&
      /^(file|executable|tree):[0-9a-f]{64}$/.test(content);
    return isWhole ? [path, content as ContentId, context] : null;
  } catch {
    return null;
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrorCode(error, 'ENOENT', 'EACCES')) return '';
    throw error;
  }
}
