import type { Stats } from 'node:fs';
import type { Digest } from './canonical.ts';

/** The digest of a file with the stamp that it had when it was hashed. */
export interface MemoEntry {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly inode: number;
  readonly digest: Digest;
}

/** What the first bytes say; another form of the memo is to say something else. */
const FORM = 0x66_69_6c_31;
const HEADER_BYTES = 16;
const NUMBERS = 4;
const DIGEST_BYTES = 32;
/** No path holds it. */
const SEPARATOR = '\0';

/**
 * A hundred thousand stamps in one piece, because as JSON they take longer to read than the files
 * take to be looked at: form and count, four doubles an entry, the digests, the paths.
 */
export function packEntries(entries: ReadonlyMap<string, MemoEntry>): Uint8Array {
  const header = new ArrayBuffer(HEADER_BYTES);
  new DataView(header).setUint32(0, FORM);
  new DataView(header).setUint32(4, entries.size);
  const numbers = new Float64Array(entries.size * NUMBERS);
  const digests = Buffer.alloc(entries.size * DIGEST_BYTES);
  let i = 0;
  for (const { size, mtimeMs, ctimeMs, inode, digest } of entries.values()) {
    numbers.set([size, mtimeMs, ctimeMs, inode], i * NUMBERS);
    digests.write(digest, i * DIGEST_BYTES, 'hex');
    i++;
  }
  const paths = Buffer.from([...entries.keys()].join(SEPARATOR));
  return Buffer.concat([new Uint8Array(header), new Uint8Array(numbers.buffer), digests, paths]);
}

/**
 * The entries of a pack, which stay packed: a command looks each up once, if at all, and would make
 * a hundred thousand objects for that.
 */
export class KeptStamps {
  readonly #places = new Map<string, number>();
  readonly #numbers: Float64Array;
  readonly #digests: string;

  /** @param pack what {@link packEntries} made; anything else has no entries */
  constructor(pack: Uint8Array) {
    const isLong = pack.length >= HEADER_BYTES;
    const view = new DataView(pack.buffer, pack.byteOffset, pack.byteLength);
    const count = isLong && view.getUint32(0) === FORM ? view.getUint32(4) : 0;
    const digestsAt = HEADER_BYTES + count * NUMBERS * 8;
    const pathsAt = digestsAt + count * DIGEST_BYTES;
    // Copied, because doubles must begin at a multiple of eight.
    this.#numbers = new Float64Array(new Uint8Array(pack.subarray(HEADER_BYTES, digestsAt)).buffer);
    this.#digests = Buffer.from(pack.subarray(digestsAt, pathsAt)).toString('hex');
    if (count === 0) return;
    const paths = Buffer.from(pack.subarray(pathsAt)).toString('utf8').split(SEPARATOR);
    for (const [place, path] of paths.entries()) this.#places.set(path, place);
  }

  /** The digest of a file, where it has the stamp that it had when it was hashed. */
  find(path: string, stats: Stats): Digest | undefined {
    const place = this.#places.get(path);
    if (place === undefined) return undefined;
    const numbers = this.#numbers;
    const at = place * NUMBERS;
    const isSame =
      numbers[at] === stats.size &&
      numbers[at + 1] === stats.mtimeMs &&
      numbers[at + 2] === stats.ctimeMs &&
      numbers[at + 3] === stats.ino;
    return isSame ? this.#digestAt(place) : undefined;
  }

  /** The entry of a path, unpacked; null where there is none. */
  entryOf(path: string): MemoEntry | null {
    const place = this.#places.get(path);
    return place === undefined ? null : this.#unpack(place);
  }

  /** All entries, unpacked. */
  *entries(): Generator<[string, MemoEntry]> {
    for (const [path, place] of this.#places) yield [path, this.#unpack(place)];
  }

  #unpack(place: number): MemoEntry {
    const at = place * NUMBERS;
    const [size = 0, mtimeMs = 0, ctimeMs = 0, inode = 0] = this.#numbers.subarray(
      at,
      at + NUMBERS,
    );
    return { size, mtimeMs, ctimeMs, inode, digest: this.#digestAt(place) };
  }

  #digestAt(place: number): Digest {
    const length = DIGEST_BYTES * 2;
    return this.#digests.slice(place * length, (place + 1) * length) as Digest;
  }
}
