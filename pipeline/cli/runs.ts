/** `pipeline runs`: arguments → `listAccounts` → what is printed. */

import { listAccounts, type RunsOptions } from '../session/list-runs.ts';
import { fitText, type Output } from './output.ts';
import { describeRun, formatRuns } from './print/print-runs.ts';

/**
 * `pipeline runs`: the latest runs, the newest last.
 *
 * @returns the exit code
 * @throws {UserMistakes} with what is wrong in the arguments
 */
export async function runsCommand(
  options: RunsOptions & { readonly json?: boolean },
  output: Output,
): Promise<number> {
  const { accounts, more, usualProfile } = await listAccounts(options);
  const text =
    options.json === true
      ? JSON.stringify(accounts.map(describeRun), null, 1)
      : fitText(formatRuns(accounts, more, usualProfile), output);
  output.print(`${text}\n`);
  return 0;
}
