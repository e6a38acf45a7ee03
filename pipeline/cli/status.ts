import type { NodeStatus } from '../contract/command.ts';
import { type Plan, planNodes } from '../inspect/plan.ts';
import { lookForStale, wordStale } from '../session/look-for-stale.ts';
import { tellUnreadable } from '../session/mistakes.ts';
import { openSession, type WorkspaceOptions } from '../session/open-session.ts';
import { describeNode, printPlan } from './print-plan.ts';
import { tellEarlierVersion } from './tell-earlier-version.ts';

/** `pipeline status [targets]`: the state of each node. Changes nothing. @returns the exit code */
export async function statusCommand(
  targets: readonly string[],
  options: WorkspaceOptions & { readonly json?: boolean },
): Promise<number> {
  const { plan, path, stale } = await planTargets(targets, options);
  printPlan(plan, options.json === true);
  const left = wordStale(stale);
  if (left !== null && options.json !== true) process.stdout.write(`${left}\n`);
  return tellUnreadable(plan, path);
}

/** The same for a command of the workspace: the state of each node, as values. */
export async function readStatus(
  targets: readonly string[],
  options: WorkspaceOptions,
): Promise<NodeStatus[]> {
  const { plan } = await planTargets(targets, options);
  return plan.nodes.map(describeNode);
}

/** Plans targets without changing anything. */
async function planTargets(
  targets: readonly string[],
  options: WorkspaceOptions,
): Promise<{ plan: Plan; path: string; stale: readonly string[] }> {
  const session = await openSession(options, targets);
  tellEarlierVersion(session);
  try {
    const plan = await planNodes(session.graph, session.nodes, session.tools, false);
    return { plan, path: session.root, stale: lookForStale(session) };
  } finally {
    session.close();
  }
}
