/**
 * What every command that plans says beside its own: an earlier version's results, what cannot be seen,
 * nodes that cannot run.
 */

import { cleanLine, cleanLines } from '../progress/text.ts';
import type { LookWarning } from '../session/list-warnings.ts';
import { UserMistakes } from '../session/mistakes.ts';
import type { SessionPlan } from '../session/plan-targets.ts';
import type { Output } from './output.ts';

/** Says that the cache holds results of an earlier version, where it does. */
export function tellEarlierVersion(
  { earlierVersion }: Pick<SessionPlan, 'earlierVersion'>,
  output: Output,
): void {
  if (earlierVersion !== null) output.complain(`pipeline: ${earlierVersion}\n`);
}

/** Says what a run would warn of at its start. */
export function tellWarnings(
  { warnings }: { readonly warnings: readonly LookWarning[] },
  output: Output,
): void {
  for (const { node, text } of warnings) {
    const lines = cleanLines(text).map((line) => `[warning] ${cleanLine(node)}: ${line}\n`);
    output.complain(lines.join(''));
  }
}

/** Says why nodes of a plan cannot run, beside what is said of all others. @returns the exit code */
export function tellUnreadable(
  { plan: { diagnostics }, root }: Pick<SessionPlan, 'plan' | 'root'>,
  output: Output,
): number {
  if (diagnostics.length === 0) return 0;
  output.complain(`${new UserMistakes(diagnostics, { root }).format()}\n`);
  return 2;
}
