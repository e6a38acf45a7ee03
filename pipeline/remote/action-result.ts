/**
 * The form of an entry under `/ac/`: an `ActionResult` of Bazel's remote execution API, in protobuf's wire
 * format, with our own record of the result in it.
 *
 * Servers that know the API look into what is stored under `/ac/`: bazel-remote refuses what is no
 * `ActionResult`, and answers 404 where one of the `output_files` that it lists has been evicted. So each
 * object is such a file, by its number; the record, which no server reads, is the `stdout_raw`.
 * {@link https://github.com/bazelbuild/remote-apis/blob/main/build/bazel/remote/execution/v2/remote_execution.proto}
 */

import type { Digest } from '../fingerprint/canonical.ts';

/** An object that an entry refers to. */
export interface ListedObject {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** What an entry holds. */
export interface ActionEntry {
  readonly objects: readonly ListedObject[];
  /** Who made it; never empty, since servers fill in an empty one. */
  readonly worker: string;
  readonly text: string;
}

/** Numbers of fields, with their wire types: 0 is a number, 2 is bytes. */
const OUTPUT_FILES = tag(2, 2);
const FILE_PATH = tag(1, 2);
const FILE_DIGEST = tag(2, 2);
const DIGEST_HASH = tag(1, 2);
const DIGEST_SIZE = tag(2, 0);
const STDOUT_RAW = tag(5, 2);
const METADATA = tag(9, 2);
const METADATA_WORKER = tag(1, 2);

/** Writes an entry. Fields stand in the order of their numbers, as the API asks for. */
export function encodeEntry({ objects, worker, text }: ActionEntry): Buffer {
  const parts: Buffer[] = [];
  for (const [i, { digest, size }] of objects.entries()) {
    const named = [bytesField(DIGEST_HASH, digest), number(DIGEST_SIZE), number(size)];
    const file = [bytesField(FILE_PATH, String(i)), bytesField(FILE_DIGEST, Buffer.concat(named))];
    parts.push(bytesField(OUTPUT_FILES, Buffer.concat(file)));
  }
  parts.push(bytesField(STDOUT_RAW, text));
  parts.push(bytesField(METADATA, bytesField(METADATA_WORKER, worker)));
  return Buffer.concat(parts);
}

/** The text of an entry; null where the bytes are no entry of ours. Other fields are passed over. */
export function decodeEntry(bytes: Buffer): string | null {
  let at = 0;
  const readNumber = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      // Ten bytes hold the longest number; larger ones than ours may be rounded, and are passed over.
      if (byte === undefined || scale > 128 ** 9) return Number.NaN;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  let text: string | null = null;
  while (at < bytes.length) {
    const key = readNumber();
    switch (key % 8) {
      case 0:
        readNumber();
        break;
      case 1:
        at += 8;
        break;
      case 5:
        at += 4;
        break;
      case 2: {
        const length = readNumber();
        if (!(at + length <= bytes.length)) return null;
        if (key === STDOUT_RAW) text = bytes.toString('utf8', at, at + length);
        at += length;
        break;
      }
      default:
        return null;
    }
  }
  return at === bytes.length ? text : null;
}

function tag(field: number, type: 0 | 2): number {
  return field * 8 + type;
}

function bytesField(key: number, value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([number(key), number(bytes.length), bytes]);
}

/** A number in groups of seven bits, the lowest first. */
function number(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}
