/** Two texts of one file → the lines that changed. */

import { structuredPatch } from 'diff';
import type { Patch } from './difference.ts';

/** Lines around each change, for finding one's way. */
const CONTEXT_LINES = 2;
/** Texts that differ in more lines are other texts; the time to compare them grows as the square. */
const MAX_EDITS = 1_000;

/**
 * The unified diff of two texts of a file.
 *
 * @returns null where too much differs for a diff to tell anything
 */
export function makePatch(path: string, before: string, after: string): Patch | null {
  const options = { context: CONTEXT_LINES, maxEditLength: MAX_EDITS };
  const found = structuredPatch(path, path, before, after, '', '', options);
  if (found === undefined) return null;
  const lines = [`--- ${path}`, `+++ ${path}`];
  for (const hunk of found.hunks) {
    const { oldStart, oldLines, newStart, newLines } = hunk;
    lines.push(`@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`, ...hunk.lines);
  }
  const changed = found.hunks.flatMap((hunk) => hunk.lines);
  return {
    text: lines.join('\n'),
    added: changed.filter((line) => line.startsWith('+')).length,
    removed: changed.filter((line) => line.startsWith('-')).length,
  };
}
