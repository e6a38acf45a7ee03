import { planNodes } from '../plan/plan.ts';
import { UserMistakes } from './mistakes.ts';
import { openWorkspace, type WorkspaceOptions } from './open-workspace.ts';
import { printPlan } from './print-plan.ts';

/** `pipeline status [targets]`: the state of each node. Changes nothing. @returns the exit code */
export async function statusCommand(
  targets: readonly string[],
  options: WorkspaceOptions & { readonly json?: boolean },
): Promise<number> {
  const workspace = await openWorkspace(options, targets);
  const plan = await planNodes(workspace.graph, workspace.nodes, workspace.tools, false);
  workspace.close();
  if (plan.diagnostics.length > 0)
    throw new UserMistakes(plan.diagnostics, new Map(), workspace.path);
  printPlan(plan, options.json === true);
  return 0;
}
