import { createHash } from 'node:crypto';
import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import type { FolderRules } from '../ignore/ignore-rules.ts';
import { isErrorCode, isSystemError } from '../system/files.ts';
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

/** Something at or below a path has no content: a device, a pipe, a link to nothing. */
export interface Unreadable {
  readonly kind: 'unreadable';
  /** Absolute path of what has none. */
  readonly path: string;
  /** What it is, or why it cannot be read: `a link to nothing`. */
  readonly what: string;
}

/** What stands at a path: its content, or that nothing does. */
export type PathContent =
  | { readonly kind: 'none' }
  | Unreadable
  | { readonly kind: 'file'; readonly digest: Digest; readonly size: number }
  | { readonly kind: 'tree'; readonly digest: Digest; readonly manifest: TreeManifest };

const CHUNK = 1 << 20;

/** What {@link readContent} may leave out of a folder, by paths from there. */
export type EntryFilter = Pick<FolderRules, 'skips'>;

const ALL_COUNTS: EntryFilter = { skips: () => false };

/**
 * The content of a file or folder. Links are followed, but not round in a circle.
 *
 * @param sighted what a look at the path has just shown, which saves another
 * @param filter what of a folder does not count
 */
export function readContent(
  path: string,
  digestFile: (path: string, stats: Stats) => Digest = hashFile,
  sighted?: Stats,
  filter: EntryFilter = ALL_COUNTS,
): PathContent {
  const stats = sighted ?? look(path);
  if (stats === null) return { kind: 'none' };
  if ('kind' in stats) return stats;
  if (!stats.isDirectory()) return readFile(path, stats, digestFile);
  const files = new Map<string, TreeFile>();
  /** @returns what cannot be read; null where all could be */
  const visit = (folder: string, prefix: string, above: readonly string[]): Unreadable | null => {
    const entries = listFolder(folder);
    if (!Array.isArray(entries)) return entries;
    for (const entry of entries) {
      const child = `${folder}/${entry}`;
      const name = prefix + entry;
      // A lock of an editor is a link to nothing: what does not count is not looked at.
      if (filter.skips(name, false)) continue;
      const childStats = look(child);
      if (childStats === null) {
        // Else it has gone since the folder was listed.
        if (isLink(child)) return unreadable(child, 'a link to nothing');
      } else if ('kind' in childStats) {
        return childStats;
      } else if (childStats.isDirectory()) {
        if (filter.skips(name, true)) continue;
        const identity = `${childStats.dev}:${childStats.ino}`;
        if (above.includes(identity)) return unreadable(child, 'a link in a circle');
        const faulty = visit(child, `${name}/`, [...above, identity]);
        if (faulty !== null) return faulty;
      } else {
        const content = readFile(child, childStats, digestFile);
        if (content.kind === 'unreadable') return content;
        if (content.kind === 'file') {
          files.set(name, { digest: content.digest, size: content.size });
        }
      }
    }
    return null;
  };
  const faulty = visit(path, '', [`${stats.dev}:${stats.ino}`]);
  if (faulty !== null) return faulty;
  return {
    kind: 'tree',
    digest: hashBytes(formatManifest(files)),
    get manifest() {
      return { files: Object.fromEntries(files) };
    },
  };
}

function unreadable(path: string, what: string): Unreadable {
  return { kind: 'unreadable', path, what };
}

function readFile(
  path: string,
  stats: Stats,
  digestFile: (path: string, stats: Stats) => Digest,
): Exclude<PathContent, { kind: 'tree' }> {
  if (!stats.isFile()) return unreadable(path, nameKind(stats));
  try {
    return { kind: 'file', digest: digestFile(path, stats), size: stats.size };
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return { kind: 'none' };
    return wordError(path, error);
  }
}

function nameKind(stats: Stats): string {
  if (stats.isSocket()) return 'a socket';
  return stats.isFIFO() ? 'a pipe' : 'a device';
}

function listFolder(folder: string): string[] | Unreadable {
  try {
    return readdirSync(folder);
  } catch (error) {
    return wordError(folder, error);
  }
}

/** What stands at a path, links followed; null where nothing does. */
function look(path: string): Stats | Unreadable | null {
  try {
    return statSync(path);
  } catch (error) {
    if (isErrorCode(error, 'ENOENT', 'ENOTDIR')) return null;
    return isErrorCode(error, 'ELOOP')
      ? unreadable(path, 'a link in a circle')
      : wordError(path, error);
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** @throws what is not about this one path, such as that too many files are open */
function wordError(path: string, error: unknown): Unreadable {
  const isAboutPath = isErrorCode(error, 'EACCES', 'EPERM', 'EIO', 'ENAMETOOLONG', 'ESTALE');
  if (!isAboutPath || !isSystemError(error)) throw error;
  const isRights = isErrorCode(error, 'EACCES', 'EPERM');
  return unreadable(path, isRights ? 'not readable for you' : `not readable (${error.code})`);
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
