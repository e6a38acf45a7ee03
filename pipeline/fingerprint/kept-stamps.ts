/** The table of the memo of files, packed as it lies on disk. */

import type { Stats } from 'node:fs';
import {
  bytesOf,
  doublesOf,
  integersOf,
  packColumns,
  textOf,
  unpackColumns,
} from '../system/columns.ts';
import { isForgotten, isToBeRenewed } from '../system/memo-age.ts';
import type { Digest } from './canonical.ts';
import { type FileStamp, hasStamp, STAMP_NUMBERS as NUMBERS, stampAt } from './file-stamp.ts';

/** The digest of a file with the stamp that it had when it was hashed. */
export interface MemoEntry {
  readonly stamp: FileStamp;
  readonly digest: Digest;
  /** Whether the owner may execute it. A change of that is a change of ctime. */
  readonly executable: boolean;
}

/** Another form of the memo is to say something else. */
const FORM = 0x66_69_6c_34;
const DIGEST_BYTES = 32;
/** No path holds it. */
const SEPARATOR = '\0';

/**
 * Stamps and digests of files, which stay packed: a command looks each up once, if at all, and would
 * make a hundred thousand objects for that. Four doubles a file, the digests, the paths, which may be executed,
 * the days when they were last of use.
 */
export class KeptStamps {
  readonly #paths: readonly string[];
  readonly #places = new Map<string, number>();
  readonly #numbers: Float64Array;
  readonly #bytes: Uint8Array;
  readonly #digests: string;
  readonly #executable: Uint8Array;
  readonly #usedOn: Uint32Array;
  readonly #today: number;
  #isRenewed = false;

  /**
   * @param pack what {@link repack} made; anything else has no entries
   * @param today see {@link dayOf}
   */
  constructor(pack: Uint8Array, today: number) {
    const [numbers, digests, paths, executable, usedOn] = unpackColumns(FORM, pack) ?? [];
    this.#numbers = doublesOf(numbers ?? new Uint8Array());
    this.#bytes = digests ?? new Uint8Array();
    this.#digests = Buffer.from(this.#bytes).toString('hex');
    this.#executable = executable ?? new Uint8Array();
    this.#usedOn = integersOf(usedOn ?? new Uint8Array());
    this.#today = today;
    this.#paths = paths === undefined || paths.length === 0 ? [] : textOf(paths).split(SEPARATOR);
    for (const [place, path] of this.#paths.entries()) this.#places.set(path, place);
  }

  get size(): number {
    return this.#paths.length;
  }

  /** Where a path stands among the entries. */
  placeOf(path: string): number | undefined {
    return this.#places.get(path);
  }

  /** Whether a file has the stamp of an entry. */
  hasStamp(place: number, stats: Stats): boolean {
    return hasStamp(stats, this.#numbers, place * NUMBERS);
  }

  /** Notes that an entry was of use, so that it is not forgotten. */
  use(place: number): void {
    if (!isToBeRenewed(this.#usedOn[place] ?? 0, this.#today)) return;
    this.#usedOn[place] = this.#today;
    this.#isRenewed = true;
  }

  /** Whether {@link repack} would say more than was read, be it without changes. */
  get isRenewed(): boolean {
    return this.#isRenewed;
  }

  sizeAt(place: number): number {
    return this.#numbers[place * NUMBERS] ?? 0;
  }

  digestAt(place: number): Digest {
    const length = DIGEST_BYTES * 2;
    return this.#digests.slice(place * length, (place + 1) * length) as Digest;
  }

  isExecutableAt(place: number): boolean {
    return this.#executable[place] === 1;
  }

  /** The entry of a path, unpacked; null where there is none. */
  entryOf(path: string): MemoEntry | null {
    const place = this.#places.get(path);
    if (place === undefined) return null;
    const stamp = stampAt(this.#numbers, place * NUMBERS);
    const digest = this.digestAt(place);
    const executable = this.isExecutableAt(place);
    return { stamp, digest, executable };
  }

  /**
   * The pack with some entries replaced, added or, where null, left out, and without those that were
   * of no use for long.
   *
   * @returns what a later {@link KeptStamps} reads
   */
  repack(changes: ReadonlyMap<string, MemoEntry | null>): Uint8Array {
    const paths: string[] = [];
    const most = this.size + changes.size;
    const numbers = new Float64Array(most * NUMBERS);
    const digests = Buffer.alloc(most * DIGEST_BYTES);
    const executable = new Uint8Array(most);
    const usedOn = new Uint32Array(most).fill(this.#today);
    for (const [place, path] of this.#paths.entries()) {
      const used = this.#usedOn[place] ?? 0;
      if (changes.has(path) || isForgotten(used, this.#today)) continue;
      const at = paths.push(path) - 1;
      usedOn[at] = used;
      const from = place * NUMBERS;
      for (let i = 0; i < NUMBERS; i++) numbers[at * NUMBERS + i] = this.#numbers[from + i] ?? 0;
      const digestAt = place * DIGEST_BYTES;
      executable[at] = this.#executable[place] ?? 0;
      digests.set(this.#bytes.subarray(digestAt, digestAt + DIGEST_BYTES), at * DIGEST_BYTES);
    }
    for (const [path, entry] of changes) {
      if (entry === null) continue;
      const at = paths.push(path) - 1;
      numbers.set(entry.stamp, at * NUMBERS);
      digests.write(entry.digest, at * DIGEST_BYTES, 'hex');
      executable[at] = entry.executable ? 1 : 0;
    }
    return packColumns(FORM, [
      bytesOf(numbers.subarray(0, paths.length * NUMBERS)),
      digests.subarray(0, paths.length * DIGEST_BYTES),
      Buffer.from(paths.join(SEPARATOR)),
      executable.subarray(0, paths.length),
      bytesOf(usedOn.subarray(0, paths.length)),
    ]);
  }
}
