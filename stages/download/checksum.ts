/** Checksums of an archive: what was expected, what a file has. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** Checksums that an archive must have, in lower-case hexadecimal; null where none is known. */
export interface ExpectedChecksums {
  readonly md5: string | null;
  readonly sha256: string | null;
}

/** The checksums and the length of a file. */
export interface Digests {
  readonly md5: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** Computes both checksums of a file in one pass over it. Rejects where it cannot be read. */
export async function digestFile(path: string, signal: AbortSignal): Promise<Digests> {
  const md5 = createHash('md5');
  const sha256 = createHash('sha256');
  let bytes = 0;
  const stream = createReadStream(path, { highWaterMark: 1024 ** 2, signal });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    md5.update(chunk);
    sha256.update(chunk);
    bytes += chunk.length;
  }
  return { md5: md5.digest('hex'), sha256: sha256.digest('hex'), bytes };
}

/** Says which checksum differs, expected and found; null where all known ones agree. */
export function describeMismatch(expected: ExpectedChecksums, found: Digests): string | null {
  const differences: string[] = [];
  if (expected.md5 !== null && expected.md5 !== found.md5) {
    differences.push(`expected MD5 ${expected.md5}, found ${found.md5}`);
  }
  if (expected.sha256 !== null && expected.sha256 !== found.sha256) {
    differences.push(`expected SHA-256 ${expected.sha256}, found ${found.sha256}`);
  }
  if (differences.length === 0) return null;
  return `wrong checksum: ${differences.join('; ')} (${found.bytes} bytes)`;
}
