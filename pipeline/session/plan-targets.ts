/**
 * `status`, acting: targets → the states of their nodes; and the plan that other commands begin
 * with.
 */

import { describeEarlierVersion } from '../cache/earlier-version.ts';
import type { Forced } from '../inspect/forced.ts';
import { type Plan, planNodes } from '../inspect/plan.ts';
import { type Attentions, findAttention } from './find-attention.ts';
import { type LookWarning, listLookWarnings } from './list-warnings.ts';
import { lookForStale } from './look-for-stale.ts';
import { UserMistakes } from './mistakes.ts';
import type { Session, WorkspaceOptions } from './open-session.ts';
import { withSession } from './with-session.ts';

/** A plan, with what is to be said beside it. */
export interface SessionPlan {
  /** Absolute path of the workspace. */
  readonly root: string;
  readonly plan: Plan;
  /** What is to be said of results of an earlier version of this program; null where there are none. */
  readonly earlierVersion: string | null;
}

/** The state of targets. */
export interface TargetStates extends SessionPlan {
  /** Outputs in the workspace that no stage makes any more, see {@link lookForStale}. */
  readonly stale: readonly string[];
  /** What is to be said of nodes beside their states. */
  readonly attentions: Attentions;
  readonly warnings: readonly LookWarning[];
}

/**
 * Finds the state of each node of the targets. Changes nothing.
 *
 * @throws {UserMistakes} with what is wrong in the files and the arguments
 */
export function planTargets(
  targets: readonly string[],
  options: WorkspaceOptions,
): Promise<TargetStates> {
  return withSession(options, targets, {}, async (session) => {
    const planned = await planSession(session);
    const attentions = findAttention(session, planned.plan);
    const warnings = await listLookWarnings(session);
    return { ...planned, stale: lookForStale(session), attentions, warnings };
  });
}

/** {@link planTargets}, with the records of nodes of which they tell what is read. */
export function planForDrawing(
  targets: readonly string[],
  options: WorkspaceOptions,
): Promise<SessionPlan> {
  return withSession(options, targets, {}, (session) => {
    const finds = session.nodes.some(({ findsInputs }) => findsInputs);
    return planSession(finds ? { ...session, recall: null } : session);
  });
}

/**
 * Plans the nodes of a session. Where its `recall` is null, each is inspected.
 *
 * @param force as for {@link planNodes}
 */
export async function planSession(
  { root, graph, nodes, layout, tools, recall }: Session,
  force: Forced = false,
): Promise<SessionPlan> {
  const earlierVersion = describeEarlierVersion(layout, tools.results);
  const plan = await planNodes(graph, nodes, { ...tools, recall }, force);
  return { root, plan, earlierVersion };
}

/** Plans the nodes of a session. @throws {UserMistakes} where one of them cannot run */
export async function planOrFail(session: Session): Promise<Plan> {
  const { root, graph, nodes, tools } = session;
  const plan = await planNodes(graph, nodes, tools, false);
  if (plan.diagnostics.length > 0) throw new UserMistakes(plan.diagnostics, { root });
  return plan;
}
