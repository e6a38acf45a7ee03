/** A difference of two records → the same with its texts and files, as far as both sides still have them. */

import type { Digest } from '../fingerprint/canonical.ts';
import { compareTrees } from '../fingerprint/compare-trees.ts';
import { digestOf } from '../fingerprint/path-content.ts';
import type { TreeManifest } from '../fingerprint/tree-manifest.ts';
import type { Difference } from './difference.ts';
import { makePatch } from './patch.ts';

/** What is known of one side beyond its record. */
export interface DetailSide {
  /** The text of a module of its code; null where it is not kept. */
  readonly source: (path: string) => string | null;
  /** The files of a folder that it read; null where they are not known. */
  readonly tree: (digest: Digest) => TreeManifest | null;
}

/** Adds texts to a difference of modules, and files to one of folders. Others are as they were. */
export function detailDifference(
  difference: Difference,
  before: DetailSide,
  after: DetailSide,
): Difference {
  if (difference.kind === 'module') {
    const { path, change } = difference;
    const [old, now] = [before.source(path), after.source(path)];
    const isKept = (old !== null || change === 'added') && (now !== null || change === 'removed');
    return isKept ? { ...difference, patch: makePatch(path, old ?? '', now ?? '') } : difference;
  }
  if (difference.kind !== 'input') return difference;
  const [old, now] = [readTree(difference.before, before), readTree(difference.after, after)];
  const files = old === null || now === null ? null : compareTrees(old, now);
  return { ...difference, files };
}

function readTree(
  content: (Difference & { readonly kind: 'input' })['before'],
  { tree }: DetailSide,
): TreeManifest | null {
  const digest = digestOf(content, 'tree');
  return digest === null ? null : tree(digest);
}
