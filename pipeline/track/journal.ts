/**
 * The journal of an experiment on disk: what trackers are told of it, each step of each metric once. It is
 * queue and spool in one, so that nothing waits in memory: who runs stages appends, trackers read behind.
 */

import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Json, JsonObject } from '../contract/values.ts';
import { isJsonObject } from '../pipeline-file/types.ts';
import { isErrorCode } from '../system/errors.ts';
import { readFrom, writeFileAtomic } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { removePath } from '../system/remove-path.ts';
import { formatItem, parseItem, type TrackItem } from '../trackers/item.ts';

/** What is known of an experiment beside its journal: `experiment.json`. */
export interface ExperimentHead {
  readonly schema: 1;
  readonly id: string;
  readonly name: string;
  readonly node: string;
  readonly profile: string;
  /** The trackers that are to have all of it. */
  readonly trackers: readonly string[];
  /** Which file of the journal goes on; earlier ones were taken by all and removed. */
  readonly part: number;
  /** The fingerprint whose work has ended well; null where none has. */
  readonly ended: string | null;
  /** The last step of each metric in the parts that are gone. */
  readonly reach: Readonly<Record<string, number>>;
}

/** Letters of a digest that tell experiments apart in names. */
const SHORT = 6;
const HEAD = 'experiment.json';
/** Read at a time. */
const CHUNK = 1 << 18;

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

  /** Changes what is known beside the journal. @throws a system error where the disk does not take it */
  update(change: Partial<ExperimentHead>): void {
    this.#head = { ...this.#head, ...change };
    writeFileAtomic(join(this.folder, HEAD), `${JSON.stringify(this.#head)}\n`, this.#aside);
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
    const text = this.#lines;
    this.#lines = '';
    mkdirSync(this.folder, { recursive: true });
    appendFileSync(this.#path(), text);
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

  /** Begins a new part, when all trackers have taken this one. */
  closePart(): void {
    const path = this.#path();
    this.update({ part: this.#head.part + 1, reach: Object.fromEntries(this.#reach) });
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

  /** Learns what the part holds, and cuts off a line that a crash left without its end. */
  #readBack(): void {
    let text: string;
    try {
      text = readFileSync(this.#path(), 'utf8');
    } catch (error) {
      if (isErrorCode(error, 'ENOENT')) return;
      throw error;
    }
    const whole = text.lastIndexOf('\n') + 1;
    if (whole < text.length) truncateSync(this.#path(), Buffer.byteLength(text.slice(0, whole)));
    for (const line of text.slice(0, whole).split('\n')) {
      const item = parseItem(line);
      if (item?.type !== 'metrics') continue;
      for (const name of Object.keys(item.values)) this.#reach.set(name, item.step);
    }
  }
}

const LINE_BREAK = 10;

/** All experiments of a workspace. */
export class JournalStore {
  readonly #layout: StateLayout;

  constructor(layout: StateLayout) {
    this.#layout = layout;
  }

  /**
   * The journal of some work: the one that an earlier attempt at it, or shorter work of the same lineage,
   * has left; a new one where that very work has ended well before.
   */
  open(
    work: { readonly lineage: string; readonly fingerprint: string },
    about: Pick<ExperimentHead, 'node' | 'profile' | 'trackers'>,
  ): Journal {
    const numbers = this.#list()
      .filter((name) => name.startsWith(`${work.lineage}-`))
      .map((name) => Number(name.slice(work.lineage.length + 1)));
    const last = Math.max(0, ...numbers.filter(Number.isInteger));
    const known = last === 0 ? null : this.read(`${work.lineage}-${last}`);
    if (known !== null && known.head.ended !== work.fingerprint) {
      const trackers = [...new Set([...known.head.trackers, ...about.trackers])];
      if (trackers.length > known.head.trackers.length) known.update({ trackers });
      return known;
    }
    const id = `${work.lineage}-${last + 1}`;
    const short = work.lineage.slice(0, SHORT);
    const name = `${about.node}-${short}${last === 0 ? '' : `-${last + 1}`}`;
    const head = { schema: 1, id, name, ...about, part: 1, ended: null, reach: {} } as const;
    return new Journal(join(this.#layout.trackRoot, id), head, this.#layout.temporary);
  }

  /** A journal that is there; null for one that cannot be read. */
  read(id: string): Journal | null {
    const folder = join(this.#layout.trackRoot, id);
    try {
      const head = JSON.parse(readFileSync(join(folder, HEAD), 'utf8')) as Json;
      return isHead(head) ? new Journal(folder, head, this.#layout.temporary) : null;
    } catch (error) {
      if (isErrorCode(error, 'ENOENT', 'ENOTDIR') || error instanceof SyntaxError) return null;
      throw error;
    }
  }

  /** All that can be read. */
  all(): Journal[] {
    return this.#list().flatMap((id) => this.read(id) ?? []);
  }

  #list(): string[] {
    try {
      return readdirSync(this.#layout.trackRoot).sort();
    } catch (error) {
      if (isErrorCode(error, 'ENOENT')) return [];
      throw error;
    }
  }
}

function isHead(value: Json): value is Json & ExperimentHead {
  if (!isJsonObject(value)) return false;
  const head: JsonObject = value;
  return (
    head['schema'] === 1 &&
    ['id', 'name', 'node', 'profile'].every((key) => typeof head[key] === 'string') &&
    Array.isArray(head['trackers']) &&
    typeof head['part'] === 'number' &&
    isJsonObject(head['reach'])
  );
}
