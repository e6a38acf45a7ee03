import { isDeepStrictEqual } from 'node:util';
import type { ObjectStore } from '../cache/objects.ts';
import { type Digest, isDigest } from '../fingerprint/canonical.ts';
import type { CodeClosure } from '../fingerprint/code-closure.ts';
import type { ContentId } from '../fingerprint/record.ts';
import { parseTree, type TreeFile, type TreeManifest } from '../fingerprint/tree-manifest.ts';
import { showName } from '../system/byte-names.ts';
import type { KeptCode } from './compare-records.ts';
import type { FileChange } from './difference.ts';

/** Reads what earlier runs left in the store. What is gone or damaged is null, never wrong. */
export class KeptContent {
  readonly #objects: ObjectStore;
  readonly #codes = new Map<Digest, KeptCode | null>();

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /** The code behind the digest in a fingerprint record: of a closure, or of templates. */
  code(digest: Digest): KeptCode | null {
    let code = this.#codes.get(digest);
    if (code === undefined) {
      const kept = this.#json(digest) as Partial<CodeClosure & Sources> | null;
      code =
        kept === null
          ? null
          : { modules: kept.modules ?? kept.sources ?? {}, packages: kept.packages ?? {} };
      this.#codes.set(digest, code);
    }
    return code;
  }

  /** The text of one file of a manifest of sources. */
  source(manifest: Digest | null, path: string): string | null {
    if (manifest === null) return null;
    const digest = (this.#json(manifest) as Partial<Sources> | null)?.sources?.[path];
    return isDigest(digest) ? this.#objects.readText(digest) : null;
  }

  /** The files of a folder. */
  tree(digest: Digest): TreeManifest | null {
    const text = this.#objects.readText(digest);
    return text === null ? null : parseTree(text);
  }

  #json(digest: Digest): unknown {
    const text = this.#objects.readText(digest);
    // The bytes have their digest, so they are what was written: JSON.
    return text === null ? null : JSON.parse(text);
  }
}

interface Sources {
  readonly sources: Readonly<Record<string, Digest>>;
}

/** The files, links and empty folders in which two folders differ. */
export function compareTrees(before: TreeManifest, after: TreeManifest): FileChange[] {
  const paths = new Set([before, after].flatMap((tree) => [...listPaths(tree)]));
  return [...paths].sort().flatMap((path): FileChange[] => {
    const old = findEntry(before, path);
    const now = findEntry(after, path);
    if (isDeepStrictEqual(old, now)) return [];
    const change = old === null ? 'added' : now === null ? 'removed' : 'changed';
    const detail = wordDetail(old, now);
    return [
      {
        path,
        change,
        before: old?.file?.size ?? null,
        after: now?.file?.size ?? null,
        ...(detail === null ? {} : { detail }),
      },
    ];
  });
}

/** What stands at a path of a folder; a link by what is written in it. */
interface TreeEntry {
  readonly file?: TreeFile;
  readonly link?: string;
}

function findEntry({ files, links, folders }: TreeManifest, path: string): TreeEntry | null {
  const file = files.get(path);
  if (file !== undefined) return { file };
  const link = links.get(path);
  if (link !== undefined) return { link };
  return folders.has(path) ? {} : null;
}

function* listPaths({ files, links, folders }: TreeManifest): Iterable<string> {
  yield* files.keys();
  yield* links.keys();
  yield* folders;
}

function wordDetail(old: TreeEntry | null, now: TreeEntry | null): string | null {
  if (old?.file !== undefined && now?.file !== undefined) {
    return old.file.executable === now.file.executable ? null : wordExecutable(now.file.executable);
  }
  const sides = [old, now].filter((entry) => entry !== null);
  if (sides.every(({ file }) => file !== undefined)) return null;
  return sides.map(wordEntry).join(' → ');
}

function wordEntry({ file, link }: TreeEntry): string {
  if (file !== undefined) return 'file';
  return link === undefined ? 'empty folder' : `link to ${showName(link)}`;
}

/** What became of a file whose owner may execute it now, or may not any more. */
export function wordExecutable(executable: boolean): string {
  return executable ? 'made executable' : 'not executable any more';
}

/** The digest in a content of one kind; null for another kind, and where the bytes do not count. */
export function digestOf(content: ContentId | null, kind: 'file' | 'tree'): Digest | null {
  const [found, digest] = content?.split(':') ?? [];
  return found === kind && isDigest(digest) ? digest : null;
}
