import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, type Stats, statSync } from 'node:fs';
import { isErrorCode } from '../system/files.ts';
import { type Digest, hashBytes, sortKeys } from './canonical.ts';
import type { ContentId } from './record.ts';

/** A folder's files: path with `/` → content and size. */
export interface TreeManifest {
  readonly files: Readonly<Record<string, TreeFile>>;
}

/** A file of a folder. */
interface TreeFile {
  readonly digest: Digest;
  readonly size: number;
}

/** What stands at a path: its content, or that nothing does. */
export type PathContent =
  | { readonly kind: 'none' }
  /** Something at or below the path has no content: a device, a pipe, a link to nothing. */
  | { readonly kind: 'unreadable'; readonly path: string }
  | { readonly kind: 'file'; readonly digest: Digest; readonly size: number }
  | { readonly kind: 'tree'; readonly digest: Digest; readonly manifest: TreeManifest };

const CHUNK = 1 << 20;

/**
 * The content of a file or folder. Links are followed, but not round in a circle.
 *
 * @param sighted what a look at the path has just shown, which saves another
 */
export function readContent(
  path: string,
  digestFile: (path: string, stats: Stats) => Digest = hashFile,
  sighted?: Stats,
): PathContent {
  const stats = sighted ?? statOrNull(path);
  if (stats === null) return { kind: 'none' };
  if (stats.isFile()) return { kind: 'file', digest: digestFile(path, stats), size: stats.size };
  if (!stats.isDirectory()) return { kind: 'unreadable', path };
  const files = new Map<string, TreeFile>();
  /** @returns the path of what cannot be read; null where all could be */
  const visit = (folder: string, prefix: string, above: readonly string[]): string | null => {
    for (const entry of readdirSync(folder)) {
      const child = `${folder}/${entry}`;
      const name = prefix + entry;
      const childStats = statOrNull(child);
      if (childStats?.isDirectory()) {
        const identity = `${childStats.dev}:${childStats.ino}`;
        if (above.includes(identity)) return child;
        const unreadable = visit(child, `${name}/`, [...above, identity]);
        if (unreadable !== null) return unreadable;
      } else if (childStats?.isFile()) {
        files.set(name, { digest: digestFile(child, childStats), size: childStats.size });
      } else return child;
    }
    return null;
  };
  const unreadable = visit(path, '', [`${stats.dev}:${stats.ino}`]);
  if (unreadable !== null) return { kind: 'unreadable', path: unreadable };
  return {
    kind: 'tree',
    digest: hashBytes(formatManifest(files)),
    get manifest() {
      return { files: Object.fromEntries(files) };
    },
  };
}

/**
 * The canonical JSON of the manifest of some files. Put together by itself: a folder may hold a
 * hundred thousand, and who compares it needs the digest alone.
 */
function formatManifest(files: ReadonlyMap<string, TreeFile>): string {
  const parts = sortKeys([...files.keys()]).map((name) => {
    const { digest = '', size = 0 } = files.get(name) ?? {};
    return `${JSON.stringify(name)}:{"digest":"${digest}","size":${size}}`;
  });
  return `{"files":{${parts.join(',')}}}`;
}

function statOrNull(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    if (isErrorCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return null;
    throw error;
  }
}

/** The content of a path in the form that a fingerprint record holds. */
export function contentId(content: PathContent & { kind: 'file' | 'tree' }): ContentId {
  return `${content.kind}:${content.digest}`;
}

/** SHA-256 of a file's bytes, read in pieces. */
export function hashFile(path: string): Digest {
  const fd = openSync(path, 'r');
  try {
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (;;) {
      const count = readSync(fd, buffer, 0, CHUNK, null);
      if (count === 0) return hash.digest('hex') as Digest;
      hash.update(buffer.subarray(0, count));
    }
  } finally {
    closeSync(fd);
  }
}
