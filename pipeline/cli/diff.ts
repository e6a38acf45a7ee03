/** `pipeline diff`: arguments → `diffRuns` → what is printed. */

import { diffRuns } from '../session/diff-runs.ts';
import { fitText, type Output, openOutputPalette } from './output.ts';
import { describeDiff, formatDiff } from './print/print-diff.ts';

/**
 * `pipeline diff <run> <run>`: in what two past runs differ. Changes nothing.
 *
 * @returns the exit code
 * @throws {UserMistakes} with what is wrong in the arguments
 */
export async function diffCommand(
  before: string,
  after: string,
  options: { readonly directory?: string; readonly json?: boolean },
  output: Output,
): Promise<number> {
  const { difference, usualProfile } = await diffRuns(before, after, options);
  const text =
    options.json === true
      ? JSON.stringify(describeDiff(difference), null, 1)
      : fitText(formatDiff(difference, usualProfile, openOutputPalette(output)), output);
  output.print(`${text}\n`);
  return 0;
}
