/** `runs`, acting: the runs of a workspace whose logs are kept, and the one that a name stands for. */

import { type KeptRun, type RunAccount, readAccount } from '../history/account.ts';
import { findKeptRun, listRuns } from '../history/find-run.ts';
import type { StateLayout } from '../system/layout.ts';
import { findUsualProfile } from './find-workspace.ts';
import { badArgument, UserMistakes } from './mistakes.ts';
import { withLayout } from './open-layout.ts';

/** Which runs are wanted. */
export interface RunsOptions {
  readonly directory?: string;
  /** The most that are told of. */
  readonly number?: string;
}

/** How many runs are told of where nothing else is asked for. */
const USUAL = 20;

/** Past runs. */
export interface ListedRuns {
  readonly accounts: readonly RunAccount[];
  /** How many earlier ones there are. */
  readonly more: number;
  /** See {@link findUsualProfile}. */
  readonly usualProfile: string | null;
}

/**
 * The latest runs, the newest last.
 *
 * @throws {UserMistakes} where there is no workspace, or the number is none
 */
export function listAccounts({
  directory,
  number = String(USUAL),
}: RunsOptions): Promise<ListedRuns> {
  const most = Number(number);
  if (!Number.isInteger(most) || most < 1) {
    const expected = `a whole number from 1, such as -n ${USUAL}`;
    throw badArgument('-n', `"${number}" is no number of runs`, { expected });
  }
  return withLayout(directory, undefined, async (layout) => {
    const runs = listRuns(layout);
    const accounts = runs.slice(-most).map((run) => readAccount(run, layout));
    const usualProfile = await findUsualProfile(layout.workspace);
    return { accounts, more: runs.length - accounts.length, usualProfile };
  });
}

/**
 * The run that a name stands for, see {@link findKeptRun}.
 *
 * @throws {UserMistakes} where it stands for none, or for several
 */
export function findRunOrFail(name: string, layout: StateLayout, argument: string): KeptRun {
  const found = findKeptRun(name, listRuns(layout), argument);
  if (!found.ok) throw new UserMistakes(found.diagnostics);
  return found.value;
}
