import { existsSync, readFileSync } from 'node:fs';
import type { ObjectStore } from '../cache/objects.ts';
import { type Digest, hashBytes, isDigest } from '../fingerprint/canonical.ts';
import type { CodeClosure } from '../fingerprint/code-closure.ts';
import type { TreeManifest } from '../fingerprint/file-memo.ts';
import type { ContentId } from '../fingerprint/record.ts';
import type { KeptCode } from './compare-records.ts';
import type { FileChange } from './difference.ts';

/** Reads what earlier runs left in the store. What is gone or damaged is null, never wrong. */
export class KeptContent {
  readonly #objects: ObjectStore;
  readonly #codes = new Map<Digest, KeptCode | null>();

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /** The text of an object. */
  text(digest: Digest): string | null {
    const path = this.#objects.path(digest);
    if (!existsSync(path)) return null;
    const bytes = readFileSync(path);
    return hashBytes(bytes) === digest ? bytes.toString('utf8') : null;
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
    return isDigest(digest) ? this.text(digest) : null;
  }

  /** The files of a folder. */
  tree(digest: Digest): TreeManifest | null {
    return this.#json(digest) as TreeManifest | null;
  }

  #json(digest: Digest): unknown {
    const text = this.text(digest);
    // The bytes have their digest, so they are what was written: JSON.
    return text === null ? null : JSON.parse(text);
  }
}

interface Sources {
  readonly sources: Readonly<Record<string, Digest>>;
}

/** The files in which two folders differ. */
export function compareTrees(before: TreeManifest, after: TreeManifest): FileChange[] {
  const paths = [...new Set([...Object.keys(before.files), ...Object.keys(after.files)])].sort();
  return paths.flatMap((path): FileChange[] => {
    const old = Object.hasOwn(before.files, path) ? before.files[path] : undefined;
    const now = Object.hasOwn(after.files, path) ? after.files[path] : undefined;
    if (old?.digest === now?.digest) return [];
    const change = old === undefined ? 'added' : now === undefined ? 'removed' : 'changed';
    return [{ path, change, before: old?.size ?? null, after: now?.size ?? null }];
  });
}

/** The digest in a content of one kind; null for another kind, and where the bytes do not count. */
export function digestOf(content: ContentId | null, kind: 'file' | 'tree'): Digest | null {
  const [found, digest] = content?.split(':') ?? [];
  return found === kind && isDigest(digest) ? digest : null;
}
