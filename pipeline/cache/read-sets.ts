/** What stages with `inputs: auto` were seen to read: hints for finding a result, which its digest confirms. */

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, hashBytes, isDigest } from '../fingerprint/canonical.ts';
import { type Fingerprint, type FingerprintRecord, hashRecord } from '../fingerprint/record.ts';
import { isSystemError } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { removePath } from '../system/remove-path.ts';
import { listFolder } from './inventory.ts';

/** A stage may read one thing or another, by what it finds: so many ways are kept. */
const MOST_SETS = 12;

/**
 * Paths that were read, by what is declared of a node. What is found by them is taken for a result only
 * where the digest of all that stands there now is that of the result: losing a set costs a run, no more.
 */
export class ReadSets {
  readonly #layout: StateLayout;

  constructor(layout: StateLayout) {
    this.#layout = layout;
  }

  /** The sets of what is declared, the newest first. */
  list(declared: Digest): readonly (readonly string[])[] {
    return this.#listFiles(declared).flatMap(({ path, name }) => {
      const keys = readKeys(path, name);
      return keys === null ? [] : [keys];
    });
  }

  /** Keeps a set, as the newest. @throws a system error where the disk does not take it */
  add(declared: Digest, keys: readonly string[]): void {
    const text = JSON.stringify([...keys].sort());
    const folder = this.#layout.readSets(declared);
    writeFileAtomic(join(folder, `${hashBytes(text)}.json`), text, this.#layout.temporary);
    for (const { path } of this.#listFiles(declared).slice(MOST_SETS)) removePath(path);
  }

  /** What the last attempt at a node was seen to read, whatever was declared then. */
  latestOf(node: string): readonly string[] {
    return this.list(hashNode(node))[0] ?? [];
  }

  /** Keeps what an attempt was seen to read, whether or not it ended well. */
  note({ node, ...record }: FingerprintRecord, keys: readonly string[]): void {
    this.add(hashDeclared({ node, ...record }), keys);
    this.add(hashNode(node), keys);
  }

  #listFiles(declared: Digest): { readonly path: string; readonly name: string }[] {
    const folder = this.#layout.readSets(declared);
    return listFolder(folder)
      .map((name) => ({ name, path: join(folder, name) }))
      .map((file) => ({
        ...file,
        time: statSync(file.path, { throwIfNoEntry: false })?.mtimeMs ?? 0,
      }))
      .sort((a, b) => b.time - a.time || (a.name < b.name ? -1 : 1));
  }
}

/** The fingerprint of what is declared: of a record without what was found. */
export function hashDeclared(record: FingerprintRecord): Fingerprint {
  const { found: _, ...declared } = record;
  return hashRecord(declared);
}

/** Under what the latest readings of a node are kept. */
export function hashNode(node: string): Digest {
  return hashBytes(`node ${node}`);
}

/** What a file holds; null where it is none of ours, or damaged. */
function readKeys(path: string, name: string): readonly string[] | null {
  const digest = name.replace(/\.json$/, '');
  try {
    const text = readFileSync(path, 'utf8');
    if (!isDigest(digest) || hashBytes(text) !== digest) return null;
    const keys: unknown = JSON.parse(text);
    return Array.isArray(keys) && keys.every((key) => typeof key === 'string') ? keys : null;
  } catch (error) {
    // Another process may have removed an old one meanwhile.
    if (isSystemError(error) || error instanceof SyntaxError) return null;
    throw error;
  }
}
