import type { NodeStatus } from '../job/contract.ts';
import { type Plan, planNodes } from '../plan/plan.ts';
import { tellUnreadable } from './mistakes.ts';
import { openWorkspace, type WorkspaceOptions } from './open-workspace.ts';
import { describeNode, printPlan } from './print-plan.ts';
import { tellEarlierVersion } from './tell-earlier-version.ts';

/** `pipeline status [targets]`: the state of each node. Changes nothing. @returns the exit code */
export async function statusCommand(
  targets: readonly string[],
  options: WorkspaceOptions & { readonly json?: boolean },
): Promise<number> {
  const { plan, path } = await planTargets(targets, options);
  printPlan(plan, options.json === true);
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
): Promise<{ plan: Plan; path: string }> {
  const workspace = await openWorkspace(options, targets);
  tellEarlierVersion(workspace);
  try {
    const plan = await planNodes(workspace.graph, workspace.nodes, workspace.tools, false);
    return { plan, path: workspace.path };
  } finally {
    workspace.close();
  }
}
