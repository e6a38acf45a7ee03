/** What stands at a path, as content: a file, a folder, nothing, or something that has none. */

import { type Stats, statSync } from 'node:fs';
import { nativePath } from '../system/byte-names.ts';
import { isErrorCode, isSystemError } from '../system/errors.ts';
import { type Digest, isDigest } from './canonical.ts';
import type { ContentId } from './record.ts';
import type { TreeManifest } from './tree-manifest.ts';

/** A file. One that its owner may execute is another content than its bytes in a plain one: a stage sees it. */
export interface FileContent {
  readonly kind: 'file' | 'executable';
  readonly digest: Digest;
  readonly size: number;
}

/** A folder with all that is in it. */
export interface TreeContent {
  readonly kind: 'tree';
  readonly digest: Digest;
  readonly manifest: TreeManifest;
  /** The first link inside that leads to nothing, or round in a circle; null where there is none. */
  readonly dangling: Unreadable | null;
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
export type PathContent = FileContent | TreeContent | Unreadable | { readonly kind: 'none' };

/** How the digest of a file is found. */
export type DigestFile = (path: string, stats: Stats) => Digest;

const OWNER_EXECUTES = 0o100;

/** Whether there is content at a path. */
export function hasContent(content: PathContent): content is FileContent | TreeContent {
  return content.kind !== 'none' && content.kind !== 'unreadable';
}

/** The content of a path in the form that a fingerprint record holds. */
export function contentId({ kind, digest }: FileContent | TreeContent): ContentId {
  return `${kind}:${digest}`;
}

/** Whether its owner may execute a file. */
export function isExecutable({ mode }: Pick<Stats, 'mode'>): boolean {
  return (mode & OWNER_EXECUTES) !== 0;
}

/**
 * What stands at a path, links followed; null where nothing does.
 *
 * @throws a system error that is not about this one path, such as too many open files
 */
export function look(path: string): Stats | Unreadable | null {
  try {
    return statSync(nativePath(path));
  } catch (error) {
    if (isErrorCode(error, 'ENOENT', 'ENOTDIR')) return null;
    return isErrorCode(error, 'ELOOP')
      ? unreadable(path, 'a link in a circle')
      : wordError(path, error);
  }
}

/**
 * The content of what is no folder.
 *
 * @throws a system error that is not about this one path, such as too many open files
 */
export function readFileContent(
  path: string,
  stats: Stats,
  digestFile: DigestFile,
): Exclude<PathContent, TreeContent> {
  if (!stats.isFile()) return unreadable(path, nameKind(stats));
  try {
    const kind = isExecutable(stats) ? 'executable' : 'file';
    return { kind, digest: digestFile(path, stats), size: stats.size };
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return { kind: 'none' };
    return wordError(path, error);
  }
}

/** What is said of a path that has no content, and why. */
export function unreadable(path: string, what: string): Unreadable {
  return { kind: 'unreadable', path, what };
}

/** What a thing is that is neither a file nor a folder nor a link. */
export function nameKind(stats: Stats): string {
  if (stats.isSocket()) return 'a socket';
  return stats.isFIFO() ? 'a pipe' : 'a device';
}

/** @throws what is not about this one path, such as that too many files are open */
export function wordError(path: string, error: unknown): Unreadable {
  const isAboutPath = isErrorCode(error, 'EACCES', 'EPERM', 'EIO', 'ENAMETOOLONG', 'ESTALE');
  if (!isAboutPath || !isSystemError(error)) throw error;
  const isRights = isErrorCode(error, 'EACCES', 'EPERM');
  return unreadable(path, isRights ? 'not readable for you' : `not readable (${error.code})`);
}

/** The digest in a content of one kind; null for another kind, and where the bytes do not count. */
export function digestOf(content: ContentId | null, kind: 'file' | 'tree'): Digest | null {
  const [found, digest] = content?.split(':') ?? [];
  return found === kind && isDigest(digest) ? digest : null;
}
