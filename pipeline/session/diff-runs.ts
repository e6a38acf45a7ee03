/** `diff`, acting: the names of two runs → in what they differ. */

import { KeptContent } from '../cache/kept-content.ts';
import { ObjectStore } from '../cache/objects.ts';
import { readAccount } from '../history/account.ts';
import { compareRuns, type RunSide, type RunsDifference } from '../history/compare-runs.ts';
import { readRunResults } from '../history/run-results.ts';
import { findRunOrFail } from './list-runs.ts';
import { withLayout } from './open-layout.ts';

/**
 * Compares two runs by their logs, and by the results that they relied on.
 *
 * @throws {UserMistakes} where a name stands for no run, or for several
 */
export function diffRuns(
  before: string,
  after: string,
  { directory }: { readonly directory?: string },
): Promise<RunsDifference> {
  return withLayout(directory, undefined, (layout) => {
    const open = (name: string): RunSide => {
      const run = findRunOrFail(name, layout, name);
      return { account: readAccount(run, layout), nodes: readRunResults(run, layout) };
    };
    const kept = new KeptContent(new ObjectStore(layout));
    return compareRuns(open(before), open(after), (digest) => kept.code(digest));
  });
}
