/** A path of any kind → its content, by the reader that fits it. */

import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, type Stats } from 'node:fs';
import { nativePath } from '../system/byte-names.ts';
import { type Digest, hashBytes } from './canonical.ts';
import { type DigestFile, look, type PathContent, readFileContent } from './path-content.ts';
import { formatTree } from './tree-manifest.ts';
import { type EntryFilter, TreeReader } from './tree-reader.ts';

const CHUNK = 1 << 20;
/** One for all: files are read one after the other. */
let chunk: Buffer | undefined;

const ALL_COUNTS: EntryFilter = { skips: () => false };

/**
 * The content of a file or folder. Links that stay inside the folder are content themselves. Others are
 * followed, but not round in a circle.
 *
 * @param sighted what a look at the path has just shown, which saves another
 * @param filter what of a folder does not count
 * @throws a system error that is not about what stands there, such as too many open files
 */
export function readContent(
  path: string,
  digestFile: DigestFile = hashFile,
  sighted?: Stats,
  filter: EntryFilter = ALL_COUNTS,
): PathContent {
  const stats = sighted ?? look(path);
  if (stats === null) return { kind: 'none' };
  if ('kind' in stats) return stats;
  if (!stats.isDirectory()) return readFileContent(path, stats, digestFile);
  const tree = new TreeReader(digestFile, filter);
  const faulty = tree.read(path, stats);
  if (faulty !== null) return faulty;
  const { manifest, dangling } = tree;
  return { kind: 'tree', digest: hashBytes(formatTree(manifest)), manifest, dangling };
}

/**
 * SHA-256 of a file's bytes, read in pieces.
 *
 * @throws a system error where the file cannot be read
 */
export function hashFile(path: string): Digest {
  const fd = openSync(nativePath(path), 'r');
  try {
    const hash = createHash('sha256');
    chunk ??= Buffer.allocUnsafe(CHUNK);
    for (;;) {
      const count = readSync(fd, chunk, 0, CHUNK, null);
      if (count === 0) return hash.digest('hex') as Digest;
      hash.update(chunk.subarray(0, count));
    }
  } finally {
    closeSync(fd);
  }
}
