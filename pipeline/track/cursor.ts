/** How much of a journal a tracker has taken: a small file beside it, written when it said so. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../contract/values.ts';
import { isJsonObject } from '../pipeline-file/types.ts';
import { isErrorCode } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { TrackerMemory } from '../trackers/tracker.ts';

interface CursorState {
  readonly part: number;
  /** Bytes of the part that were taken. */
  readonly offset: number;
  /** Where a batch ends that was begun and of which it is not known whether it was taken; null for none. */
  readonly begun: number | null;
  readonly memory: TrackerMemory | null;
}

/** What a tracker has taken of an experiment. */
export class Cursor {
  readonly #path: string;
  readonly #aside: string;
  #state: CursorState;

  /**
   * @param folder that of the journal
   * @param aside folder for files on their way to their place
   */
  constructor(folder: string, tracker: string, aside: string) {
    this.#path = join(folder, `${tracker}.json`);
    this.#aside = aside;
    this.#state = readCursor(this.#path) ?? { part: 1, offset: 0, begun: null, memory: null };
  }

  get memory(): TrackerMemory | null {
    return this.#state.memory;
  }

  /** Bytes of a part that were taken. */
  offset(part: number): number {
    return this.#state.part === part ? this.#state.offset : 0;
  }

  /** Where a batch of a part ends that may have been taken; null where none was begun. */
  begun(part: number): number | null {
    return this.#state.part === part ? this.#state.begun : null;
  }

  /** Notes that a batch is sent now. */
  begin(part: number, end: number): void {
    this.#write({ ...this.#state, part, offset: this.offset(part), begun: end });
  }

  /**
   * Notes what was taken.
   *
   * @param begun where a batch ends of which more may have been taken
   * @param memory what the tracker remembers of it; undefined for what it remembered before
   */
  settle(part: number, offset: number, begun: number | null, memory?: TrackerMemory): void {
    const kept = memory ?? this.#state.memory;
    this.#write({ part, offset, begun, memory: kept });
  }

  /** Keeps what the tracker remembers. */
  remember(memory: TrackerMemory): void {
    this.#write({ ...this.#state, memory });
  }

  #write(state: CursorState): void {
    this.#state = state;
    writeFileAtomic(this.#path, `${JSON.stringify(state)}\n`, this.#aside);
  }
}

/** The state in a file; null where there is none, or none that can be read. */
function readCursor(path: string): CursorState | null {
  let value: Json;
  try {
    value = JSON.parse(readFileSync(path, 'utf8')) as Json;
  } catch (error) {
    if (isErrorCode(error, 'ENOENT') || error instanceof SyntaxError) return null;
    throw error;
  }
  if (!isJsonObject(value)) return null;
  const { part, offset, begun, memory } = value;
  if (typeof part !== 'number' || typeof offset !== 'number') return null;
  return {
    part,
    offset,
    begun: typeof begun === 'number' ? begun : null,
    memory: isJsonObject(memory) ? memory : null,
  };
}
