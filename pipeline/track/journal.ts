/**
 * The journal of an experiment on disk: what trackers are told of it, each step of each metric once. It is
 * queue and spool in one, so that nothing waits in memory: who runs stages appends, trackers read behind.
 */

import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { isErrorCode } from '../system/errors.ts';
import { readFrom } from '../system/files.ts';
import { removePath } from '../system/remove-path.ts';
import { formatItem, parseItem, type TrackItem } from '../trackers/item.ts';
import { type ExperimentHead, readExperimentHead, writeExperimentHead } from './experiment-head.ts';

/** Read at a time. */
const CHUNK = 1 << 18;
const LINE_BREAK = 10;

/** An item with where it ends in the journal. */
export interface JournalEntry {
  readonly item: TrackItem;
  /** Bytes from the beginning of the part. */
  readonly end: number;
}

/** The journal of one experiment. */
export class Journal {
  readonly folder: string;
  readonly #aside: string;
  #head: ExperimentHead;
  readonly #reach: Map<string, number>;
  #lines = '';
  /** Whether the part is known to end with a whole line. */
  #isWhole = false;

  /** @param aside folder for files on their way to their place */
  constructor(folder: string, head: ExperimentHead, aside: string) {
    this.folder = folder;
    this.#head = head;
    this.#aside = aside;
    this.#reach = new Map(Object.entries(head.reach));
    this.#readBack();
  }

  get head(): ExperimentHead {
    return this.#head;
  }

  /** The last step of any metric. */
  get lastStep(): number {
    return Math.max(0, ...this.#reach.values());
  }

  /** Whether nothing was ever said of the experiment. */
  get isNew(): boolean {
    return this.#head.part === 1 && this.#lines === '' && !existsSync(this.#path());
  }

  /** Learns what another process has changed. @throws a system error where it cannot be read */
  refresh(): void {
    const head = readExperimentHead(this.folder);
    if (head === null) return;
    if (head.part !== this.#head.part) this.#isWhole = false;
    for (const [name, step] of Object.entries(head.reach)) {
      this.#reach.set(name, Math.max(step, this.#reach.get(name) ?? step));
    }
    this.#head = head;
  }

  /** Changes what is known beside the journal. @throws a system error where the disk does not take it */
  update(change: Partial<ExperimentHead>): void {
    this.refresh();
    const head = { ...this.#head, ...change };
    writeExperimentHead(this.folder, head, this.#aside);
    this.#head = head;
  }

  /** Adds an item; of metrics only what goes beyond the last step of each. */
  add(item: TrackItem): void {
    const fresh = item.type === 'metrics' ? this.#dropKnown(item) : item;
    if (fresh !== null) this.#lines += formatItem(fresh);
  }

  /** How much waits to be written. */
  get waiting(): number {
    return this.#lines.length;
  }

  /** Writes what was added, in whole lines. @throws a system error where the disk does not take it */
  flush(): void {
    if (this.#lines === '') return;
    this.refresh();
    mkdirSync(this.folder, { recursive: true });
    if (!this.#isWhole) this.#cutTorn();
    this.#isWhole = false;
    appendFileSync(this.#path(), this.#lines);
    this.#isWhole = true;
    this.#lines = '';
  }

  /** The next items from a place on, in whole lines. */
  read(from: number, most: number): JournalEntry[] {
    const entries: JournalEntry[] = [];
    let chunk = readFrom(this.#path(), from, CHUNK);
    // A line longer than that, such as a large graph.
    for (let size = CHUNK; chunk.length === size && !chunk.includes(LINE_BREAK); size *= 4) {
      chunk = readFrom(this.#path(), from, size * 4);
    }
    for (let start = 0; entries.length < most; ) {
      const end = chunk.indexOf(LINE_BREAK, start);
      if (end === -1) break;
      const item = parseItem(chunk.toString('utf8', start, end));
      start = end + 1;
      if (item !== null) entries.push({ item, end: from + start });
    }
    return entries;
  }

  /** Begins a new part, when all trackers have taken this one. @throws a system error */
  closePart(): void {
    const { part } = this.#head;
    this.refresh();
    // Another process has done so.
    if (this.#head.part !== part) return;
    const path = this.#path();
    // What others have appended counts too.
    this.#readBack();
    this.update({ part: part + 1, reach: Object.fromEntries(this.#reach) });
    this.#isWhole = false;
    removePath(path);
  }

  #path(): string {
    return join(this.folder, `journal-${this.#head.part}.jsonl`);
  }

  #dropKnown(item: Extract<TrackItem, { type: 'metrics' }>): TrackItem | null {
    const fresh = Object.entries(item.values).filter(
      ([name]) => item.step > (this.#reach.get(name) ?? -Infinity),
    );
    for (const [name] of fresh) this.#reach.set(name, item.step);
    return fresh.length === 0 ? null : { ...item, values: Object.fromEntries(fresh) };
  }

  /** Learns what the part holds. */
  #readBack(): void {
    for (const line of this.#readPart().toString().split('\n')) {
      const item = parseItem(line);
      if (item?.type !== 'metrics') continue;
      for (const name of Object.keys(item.values)) this.#reach.set(name, item.step);
    }
  }

  /** Cuts off a line that a crash left without its end: only who appends knows that nobody is at it. */
  #cutTorn(): void {
    const bytes = this.#readPart();
    const whole = bytes.lastIndexOf(LINE_BREAK) + 1;
    if (whole < bytes.length) truncateSync(this.#path(), whole);
  }

  #readPart(): Buffer {
    try {
      return readFileSync(this.#path());
    } catch (error) {
      if (isErrorCode(error, 'ENOENT')) return Buffer.alloc(0);
      throw error;
    }
  }
}
