/** `why`, acting: a name → the states of its nodes, explained. */

import { type Explanation, explainPlan } from '../explain/explain-plan.ts';
import { findNodes } from '../graph/select.ts';
import type { WorkspaceOptions } from './open-session.ts';
import { planSession, type SessionPlan } from './plan-targets.ts';
import { withSession } from './with-session.ts';

/** Why nodes are in their states. */
export interface TargetExplanations extends SessionPlan {
  readonly explanations: readonly Explanation[];
}

/**
 * Explains the state of each node that a name stands for. Changes nothing.
 *
 * @throws {UserMistakes} with what is wrong in the files and the arguments
 */
export function explainTarget(
  target: string,
  options: WorkspaceOptions,
): Promise<TargetExplanations> {
  return withSession(options, [target], {}, async (session) => {
    const { graph, tools, history } = session;
    // Causes are followed from inspection to inspection.
    const planned = await planSession({ ...session, recall: null });
    const wanted = [...new Set(findNodes(graph, target))];
    const explanations = await explainPlan(graph, planned.plan, wanted, { ...tools, history });
    return { ...planned, explanations };
  });
}
