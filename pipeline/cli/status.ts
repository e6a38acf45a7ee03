/** `pipeline status`: arguments → `planTargets` → what is printed. */

import { wordStale } from '../session/look-for-stale.ts';
import type { WorkspaceOptions } from '../session/open-session.ts';
import { planTargets } from '../session/plan-targets.ts';
import { fitText, type Output } from './output.ts';
import { describePlan, formatPlan } from './print/print-plan.ts';
import { tellEarlierVersion, tellUnreadable, tellWarnings } from './tell-plan.ts';

/**
 * `pipeline status [targets]`: how many nodes of each stage are in which state, or the state of
 * each. Changes nothing.
 *
 * @returns the exit code: 2 where a node cannot run
 * @throws {UserMistakes} with what is wrong in the files and the arguments
 */
export async function statusCommand(
  targets: readonly string[],
  options: WorkspaceOptions & { readonly json?: boolean; readonly verbose?: boolean },
  output: Output,
): Promise<number> {
  const states = await planTargets(targets, options);
  tellEarlierVersion(states, output);
  if (options.json === true)
    output.print(`${JSON.stringify(describePlan(states.plan, states.warnings), null, 1)}\n`);
  else {
    const stale = wordStale(states.stale);
    const text = `${formatPlan(states.plan, states.attentions, options.verbose === true)}\n${stale === null ? '' : `${stale}\n`}`;
    output.print(fitText(text, output));
  }
  tellWarnings(states, output);
  return tellUnreadable(states, output);
}
