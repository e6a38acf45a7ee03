import type { NodeStatus } from '../job/contract.ts';
import { type Plan, planNodes } from '../plan/plan.ts';
import { UserMistakes } from './mistakes.ts';
import { openWorkspace, type WorkspaceOptions } from './open-workspace.ts';
import { describeNode, printPlan } from './print-plan.ts';
import { tellEarlierVersion } from './tell-earlier-version.ts';

/** `pipeline status [targets]`: the state of each node. Changes nothing. @returns the exit code */
export async function statusCommand(
  targets: readonly string[],
  options: WorkspaceOptions & { readonly json?: boolean },
): Promise<number> {
  printPlan(await planTargets(targets, options), options.json === true);
  return 0;
}

/** The same for a command of the workspace: the state of each node, as values. */
export async function readStatus(
  targets: readonly string[],
  options: WorkspaceOptions,
): Promise<NodeStatus[]> {
  const { nodes } = await planTargets(targets, options);
  return nodes.map(describeNode);
}

/** Plans targets without changing anything. @throws {UserMistakes} where inputs cannot be read */
async function planTargets(targets: readonly string[], options: WorkspaceOptions): Promise<Plan> {
  const workspace = await openWorkspace(options, targets);
  tellEarlierVersion(workspace);
  const plan = await planNodes(workspace.graph, workspace.nodes, workspace.tools, false);
  workspace.close();
  if (plan.diagnostics.length > 0)
    throw new UserMistakes(plan.diagnostics, new Map(), workspace.path);
  return plan;
}
