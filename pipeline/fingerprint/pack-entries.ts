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

/** The entries of a pack; null where it is none of this form. */
export function unpackEntries(pack: Uint8Array): Map<string, MemoEntry> | null {
  if (pack.length < HEADER_BYTES) return null;
  const view = new DataView(pack.buffer, pack.byteOffset, pack.byteLength);
  const count = view.getUint32(4);
  const digestsAt = HEADER_BYTES + count * NUMBERS * 8;
  const pathsAt = digestsAt + count * DIGEST_BYTES;
  if (view.getUint32(0) !== FORM || pack.length < pathsAt) return null;
  // Copied, because doubles must begin at a multiple of eight.
  const numbers = new Float64Array(new Uint8Array(pack.subarray(HEADER_BYTES, digestsAt)).buffer);
  const digests = Buffer.from(pack.subarray(digestsAt, pathsAt)).toString('hex');
  const paths = Buffer.from(pack.subarray(pathsAt)).toString('utf8').split(SEPARATOR);
  const entries = new Map<string, MemoEntry>();
  for (let i = 0; i < count; i++) {
    entries.set(paths[i] ?? '', {
      size: numbers[i * NUMBERS] ?? 0,
      mtimeMs: numbers[i * NUMBERS + 1] ?? 0,
      ctimeMs: numbers[i * NUMBERS + 2] ?? 0,
      inode: numbers[i * NUMBERS + 3] ?? 0,
      digest: digests.slice(i * 64, i * 64 + 64) as Digest,
    });
  }
  return entries;
}
