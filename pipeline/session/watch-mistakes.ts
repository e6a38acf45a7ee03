/** What keeps a watch from a run, as mistakes that are shown and waited on. */

import { locateArgument } from '../pipeline-file/diagnostic.ts';
import { describeFault } from '../system/fault.ts';
import { PIPELINE_FILE } from './find-workspace.ts';
import { UserMistakes } from './mistakes.ts';

/** What keeps a watch from a run, as something to tell and to wait on. */
export function toMistakes(error: unknown): UserMistakes {
  if (error instanceof UserMistakes) return error;
  const location = locateArgument(PIPELINE_FILE);
  const message = describeFault(error, null);
  return new UserMistakes([{ code: 'not-readable', message, location }]);
}

/** Whether a mistake is one that no edit can mend. */
export function isInArguments({ location }: UserMistakes['diagnostics'][number]): boolean {
  return /^(--|target )/.test(location.file);
}
