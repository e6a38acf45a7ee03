/** The events of a task, as its file grows. */

import { join } from 'node:path';
import type { StageEvent } from '../contract/stage.ts';
import { parseEvent } from '../executor/parse-event.ts';
import { isSystemError } from '../system/errors.ts';
import { readFrom } from '../system/files.ts';
import { TOLD_FILE } from './job-files.ts';

const CHUNK = 1 << 20;
const LINE_BREAK = 10;

/** Reads the events of a task that a job writes; looked at when its owner says so. */
export class EventTail {
  readonly #path: string;
  readonly #report: (event: StageEvent) => void;
  #position = 0;

  /** @param folder the private folder of the task */
  constructor(folder: string, report: (event: StageEvent) => void) {
    this.#path = join(folder, TOLD_FILE);
    this.#report = report;
  }

  /** Reads from the start: the task was begun again, and tells its events anew. */
  restart(): void {
    this.#position = 0;
  }

  /** Whether so many bytes were read. */
  hasRead(bytes: number): boolean {
    return this.#position >= bytes;
  }

  /** Reports the events whose lines are whole by now. */
  look(): void {
    for (let more = true; more; ) more = this.#readChunk();
  }

  #readChunk(): boolean {
    const chunk = this.#read();
    const end = chunk.lastIndexOf(LINE_BREAK) + 1;
    this.#position += end;
    for (const line of chunk.toString('utf8', 0, end).split('\n')) {
      const event = line === '' ? null : parseEvent(line);
      if (event !== null) this.#report(event);
    }
    return chunk.length === CHUNK && end > 0;
  }

  #read(): Buffer {
    try {
      return readFrom(this.#path, this.#position, CHUNK);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return Buffer.alloc(0);
    }
  }
}
