/** What earlier runs left in the store besides outputs: code, sources and lists of files, read again. */

import { type Digest, isDigest } from '../fingerprint/canonical.ts';
import type { CodeClosure } from '../fingerprint/code-closure.ts';
import { parseTree, type TreeManifest } from '../fingerprint/tree-manifest.ts';
import type { ObjectStore } from './objects.ts';

/** What is kept of the code behind a digest. */
export interface KeptCode {
  /** Path from the workspace → digest of what matters of its text. */
  readonly modules: Readonly<Record<string, Digest>>;
  /** `name@version` → integrity. */
  readonly packages: Readonly<Record<string, string>>;
}

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
