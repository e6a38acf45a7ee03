/** Where code goes that was traced: into the store for a run, into memory for who only looks. */

import type { CodeSink } from '../fingerprint/code-memo.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { keepIfPossible } from '../system/memo-file.ts';
import type { ObjectStore } from './objects.ts';

/** Keeps code for stages to run and for later runs to compare with. */
export function keepForRuns(objects: ObjectStore, layout: StateLayout): CodeSink {
  return {
    put: (content, digest) => objects.put(content, digest),
    putBundles(bundles, digest) {
      // The one that is looked for comes last.
      for (const [i, bundle] of [...bundles.entries()].reverse()) {
        const path = layout.code(digest, i === 0 ? undefined : i - 1);
        writeFileAtomic(path, bundle, layout.temporary);
      }
    },
  };
}

/**
 * Keeps code as far as the disk takes it: who only looks needs it in this process alone.
 *
 * @param keeps whether anything is to be written at all
 */
export function keepForLooks(objects: ObjectStore, layout: StateLayout, keeps: boolean): CodeSink {
  const { putBundles } = keepForRuns(objects, layout);
  return {
    put: (content, digest) => objects.offer(content, digest, keeps),
    putBundles(bundles, digest) {
      if (keeps) keepIfPossible(() => putBundles(bundles, digest));
    },
  };
}
