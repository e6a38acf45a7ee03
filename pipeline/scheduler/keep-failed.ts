/** After a failed attempt: what it wrote, kept for a person to look at. */

import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { GraphNode } from '../graph/types.ts';
import { isSystemError } from '../system/errors.ts';
import type { StateLayout } from '../system/layout.ts';
import { movePath } from '../system/move-path.ts';
import { removePath } from '../system/remove-path.ts';

/**
 * Keeps what a failed attempt wrote to its outputs, in place of what an earlier one did, until its
 * node succeeds or garbage is collected.
 *
 * @param outputs the folder of its outputs, one in it for each, which is gone afterwards
 * @returns the folder that it is in now, from the workspace; null where nothing was written or it
 *   cannot be kept
 */
export function keepFailed(node: GraphNode, outputs: string, layout: StateLayout): string | null {
  const kept = layout.failed(node.id);
  try {
    const isEmpty = readdirSync(outputs).every(
      (name) => readdirSync(join(outputs, name)).length === 0,
    );
    if (isEmpty) return null;
    removePath(kept);
    mkdirSync(dirname(kept), { recursive: true });
    movePath(outputs, kept);
    return relative(layout.workspace, kept);
  } catch (error) {
    // The attempt failed before it had outputs, the disk is full, another process was faster.
    if (!isSystemError(error)) throw error;
    return null;
  }
}
