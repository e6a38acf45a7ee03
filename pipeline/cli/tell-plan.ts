/**
 * What every command that plans says beside its own: an earlier version's results, nodes that
 * cannot run.
 */

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

/** Says why nodes of a plan cannot run, beside what is said of all others. @returns the exit code */
export function tellUnreadable(
  { plan: { diagnostics }, root }: Pick<SessionPlan, 'plan' | 'root'>,
  output: Output,
): number {
  if (diagnostics.length === 0) return 0;
  output.complain(`${new UserMistakes(diagnostics, { root }).format()}\n`);
  return 2;
}
