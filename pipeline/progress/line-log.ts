/** A file of lines that grows while something goes on: lines are gathered for a moment and appended whole. */

import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { isErrorCode } from '../system/errors.ts';
import { type Clock, systemClock } from './clock.ts';

/** A crash of the process loses at most the lines of this many milliseconds. */
const FLUSH_MS = 200;

/** Where lines go. */
export interface LineLogOptions {
  /** Adds text at the end; it is called with whole lines only. */
  readonly append: (text: string) => void;
  /** Told once, when that cannot be done; the log then ends there. */
  readonly complain?: (error: unknown) => void;
  readonly clock?: Clock;
}

/** Lines on their way to where they are kept. There is nothing before the first. */
export class LineLog {
  readonly #append: LineLogOptions['append'];
  readonly #complain: LineLogOptions['complain'];
  readonly #clock: Clock;
  #lines = '';
  #isLost = false;
  #stopTicking: (() => void) | null = null;

  constructor({ append, complain, clock = systemClock }: LineLogOptions) {
    this.#append = append;
    this.#complain = complain;
    this.#clock = clock;
  }

  /** Whether it could not be written, so that it has ended. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Adds a line, with its line break. */
  add(line: string): void {
    this.#lines += line;
    this.#stopTicking ??= this.#clock.every(FLUSH_MS, () => this.flush());
  }

  /** Writes what was gathered. */
  flush(): void {
    if (this.#lines === '' || this.#isLost) return;
    const text = this.#lines;
    this.#lines = '';
    try {
      this.#append(text);
    } catch (error) {
      this.#isLost = true;
      this.#complain?.(error);
    }
  }

  /** Writes what is left, and ends. */
  close(): void {
    this.#stopTicking?.();
    this.flush();
  }
}

/**
 * An `append` for the file at `path`, which is created, with its folder, whenever it is missing.
 *
 * @throws nothing itself; what it returns throws a system error where the disk does not take the
 * text
 */
export function appendToFile(path: string): (text: string) => void {
  return (text) => {
    try {
      appendFileSync(path, text);
    } catch (error) {
      if (!isErrorCode(error, 'ENOENT')) throw error;
      mkdirSync(dirname(path), { recursive: true });
      appendFileSync(path, text);
    }
  };
}
