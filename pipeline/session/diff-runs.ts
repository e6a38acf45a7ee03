/** `diff`, acting: the names of two runs → in what they differ. */

import { compareRuns, type RunsDifference } from '../history/compare-runs.ts';
import { openRunSide } from '../history/run-side.ts';
import { findUsualProfile } from './find-workspace.ts';
import { findRunOrFail } from './list-runs.ts';
import { withLayout } from './open-layout.ts';

/** In what two runs differ. */
export interface DiffedRuns {
  readonly difference: RunsDifference;
  /** See {@link findUsualProfile}. */
  readonly usualProfile: string | null;
}

/**
 * Compares two runs by their logs, and by the results that they relied on.
 *
 * @throws {UserMistakes} where a name stands for no run, or for several
 */
export function diffRuns(
  before: string,
  after: string,
  { directory }: { readonly directory?: string },
): Promise<DiffedRuns> {
  return withLayout(directory, undefined, async (layout) => {
    const open = (name: string) => openRunSide(findRunOrFail(name, layout, name), layout);
    const difference = compareRuns(open(before), open(after));
    return { difference, usualProfile: await findUsualProfile(layout.workspace) };
  });
}
