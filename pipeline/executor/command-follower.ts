/** A command while it runs: what it writes to `PIPELINE_EVENTS`, and the line that it printed last. */

import { statSync } from 'node:fs';
import type { StageEvent } from '../contract/stage.ts';
import type { JsonObject } from '../contract/values.ts';
import { cleanLines } from '../progress/text.ts';
import { isSystemError } from '../system/errors.ts';
import { readFrom, readTail } from '../system/files.ts';

/** As often as anyone can look. */
const PAUSE_MS = 150;
/** Read at once; what a command has written beyond that waits for the next look. */
const CHUNK = 1 << 20;
/** A longer line is no event. */
const LONGEST_LINE = 1 << 18;
/** So much of a log is looked through for its last line, however much is printed. */
const TAIL_BYTES = 4096;
/** So many lines that are no events are told one by one. */
const MOST_FAULTS = 5;

/** Follows a command by its files, from its start to {@link end}. Never throws for what is in them. */
export class CommandFollower {
  readonly #eventsPath: string;
  readonly #logPath: string;
  readonly #report: (event: StageEvent) => void;
  readonly #timer: NodeJS.Timeout;
  #position = 0;
  /** The begin of a line whose end is not written yet. */
  #rest: Buffer = Buffer.alloc(0);
  #lines = 0;
  #faults = 0;
  #summary: JsonObject = {};
  #logSize = 0;
  #said = '';
  #underWay: Promise<unknown> = Promise.resolve();
  #isBusy = false;

  /** @param eventsPath need not be there */
  constructor(eventsPath: string, logPath: string, report: (event: StageEvent) => void) {
    this.#eventsPath = eventsPath;
    this.#logPath = logPath;
    this.#report = report;
    this.#timer = setInterval(() => this.#look(), PAUSE_MS);
    this.#timer.unref();
  }

  /** Reads what is left, when the command has ended. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#underWay;
    for (let count = CHUNK; count === CHUNK; ) count = await this.#readChunk();
    if (this.#rest.length > 0) await this.#take(Buffer.from('\n'));
    const more = this.#faults - MOST_FAULTS;
    if (more > 0) this.#warn(`${more} more lines of PIPELINE_EVENTS are no events`);
  }

  #look(): void {
    this.#followLog();
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#underWay = this.#readChunk().finally(() => {
      this.#isBusy = false;
    });
  }

  /** Reads what was written further, up to a chunk. @returns its bytes */
  async #readChunk(): Promise<number> {
    const chunk = readChunk(this.#eventsPath, this.#position);
    if (chunk.length === 0) return 0;
    this.#position += chunk.length;
    await this.#take(chunk);
    return chunk.length;
  }

  /** Reports the events of lines that are whole now. */
  async #take(more: Buffer): Promise<void> {
    const all = Buffer.concat([this.#rest, more]);
    const end = all.lastIndexOf('\n') + 1;
    this.#rest = all.subarray(end, end + LONGEST_LINE + 1);
    if (end === 0) return;
    // Loaded with the first line that there is: most commands write none.
    const { parseEventLine } = await import('./event-line.ts');
    const events: StageEvent[] = [];
    for (const line of all.toString('utf8', 0, end - 1).split('\n')) {
      this.#lines += 1;
      const fault = `is longer than ${LONGEST_LINE} characters`;
      const read =
        line.length > LONGEST_LINE ? { ok: false as const, fault } : parseEventLine(line);
      if (read.ok) events.push(...read.events);
      else this.#note(read.fault);
    }
    for (const event of thinOut(events)) {
      if (event.type !== 'summary') this.#report(event);
      else {
        this.#summary = { ...this.#summary, ...event.values };
        this.#report({ type: 'summary', values: this.#summary });
      }
    }
  }

  #note(fault: string): void {
    this.#faults += 1;
    if (this.#faults > MOST_FAULTS) return;
    this.#warn(`line ${this.#lines} of PIPELINE_EVENTS ${fault}; it is left out`);
  }

  #warn(text: string): void {
    this.#report({ type: 'message', level: 'warning', text });
  }

  /** The end of a log tells what was printed last, in the same time whatever stands before it. */
  #followLog(): void {
    let size: number;
    let tail: string;
    try {
      size = statSync(this.#logPath).size;
      if (size === this.#logSize) return;
      tail = readTail(this.#logPath, TAIL_BYTES).toString('utf8');
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return;
    }
    this.#logSize = size;
    const said =
      cleanLines(tail)
        .findLast((line) => line.trim() !== '')
        ?.trim() ?? '';
    if (said === this.#said) return;
    this.#said = said;
    this.#report({ type: 'line', text: said });
  }
}

/** What a file holds from a place on, up to a chunk; nothing where it cannot be read. */
function readChunk(path: string, position: number): Buffer {
  try {
    return readFrom(path, position, CHUNK);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return Buffer.alloc(0);
  }
}

/** Events without those of a bar that is farther by now: nobody could have seen them. */
function thinOut(events: readonly StageEvent[]): StageEvent[] {
  let bar: Extract<StageEvent, { type: 'progress' }> | null = null;
  let hasFraction = false;
  const isNews = (event: StageEvent): boolean => {
    if (event.type === 'fraction') {
      const isLast = !hasFraction;
      hasFraction = true;
      return isLast;
    }
    if (event.type !== 'progress') return true;
    const isPassed = bar !== null && bar.label === event.label && bar.done >= event.done;
    bar = event;
    return !isPassed;
  };
  return [...events].reverse().filter(isNews).reverse();
}
