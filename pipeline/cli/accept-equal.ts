import { acceptAsEqual, findEarlierResult } from '../cache/accept.ts';
import { RunHistory } from '../cache/history.ts';
import type { NodeId } from '../graph/types.ts';
import { planNodes } from '../plan/plan.ts';
import { type Diagnostic, locateArgument } from '../spec/diagnostic.ts';
import { removePath } from '../system/files.ts';
import { UserMistakes } from './mistakes.ts';
import { openWorkspace, type Workspace, type WorkspaceOptions } from './open-workspace.ts';

/** Options of `pipeline accept-equal`. */
export interface AcceptOptions extends WorkspaceOptions {
  readonly reason?: string;
  readonly undo?: boolean;
}

/**
 * `pipeline accept-equal <node> --reason …`: declares that an edit did not change a node's result,
 * so that the earlier one stands under the new fingerprint; `--undo` takes that back.
 *
 * @returns the exit code
 */
export async function acceptEqualCommand(name: string, options: AcceptOptions): Promise<number> {
  const workspace = await openWorkspace(options, [name]);
  try {
    const line =
      options.undo === true ? await undo(name, workspace) : await accept(name, workspace, options);
    process.stdout.write(`${line}\n`);
    return 0;
  } finally {
    workspace.close();
  }
}

async function accept(
  name: string,
  workspace: Workspace,
  { reason }: AcceptOptions,
): Promise<string> {
  if (reason === undefined || reason.trim() === '') {
    throw refuse('--reason', 'a reason is needed: it is kept with the result', {
      expected: '--reason "why the result is the same"',
    });
  }
  const { layout, tools } = workspace;
  const inspection = await inspect(name, workspace);
  if (inspection.action !== null) {
    throw refuse(name, `${name} has a result of its own: there is nothing to accept`);
  }
  const earlier = findEarlierResult(inspection, layout, tools.actions, tools.files);
  if (earlier === null) {
    throw refuse(name, `the cache holds no earlier result of ${name} with the same outputs`, {
      hint: `pipeline run ${name}`,
    });
  }
  const { code } = inspection;
  const action = acceptAsEqual(earlier, inspection, reason.trim(), new Date().toISOString());
  tools.actions.write(action);
  new RunHistory(layout, tools.actions).add(action);
  const detail = code === null ? '' : `, code ${code.digest.slice(0, 12)}`;
  return `${name}: result ${earlier.fingerprint.slice(0, 12)} now stands for ${inspection.fingerprint.slice(0, 12)}${detail}; pipeline accept-equal ${name} --undo takes it back`;
}

async function undo(name: string, workspace: Workspace): Promise<string> {
  const { action, fingerprint } = await inspect(name, workspace);
  if (action?.accepted === undefined) {
    throw refuse(name, `the result of ${name} as it is now was not accepted as equal`);
  }
  removePath(workspace.layout.action(fingerprint));
  return `${name}: no longer accepted ("${action.accepted.reason}"); the next run makes it`;
}

async function inspect(name: string, { graph, nodes, tools }: Workspace) {
  if (!graph.nodes.has(name as NodeId)) {
    throw refuse(name, `${name} is not one node`, {
      expected: 'the full name of a node, as pipeline status prints it',
    });
  }
  const plan = await planNodes(graph, nodes, tools, false);
  if (plan.diagnostics.length > 0) {
    throw new UserMistakes(plan.diagnostics, new Map(), tools.workspace);
  }
  const inspection = plan.nodes.find(({ node }) => node.id === name)?.inspection ?? null;
  if (inspection === null) {
    throw refuse(name, `what ${name} reads is not made yet, so it has no fingerprint`, {
      hint: 'run or accept what stands before it first',
    });
  }
  return inspection;
}

function refuse(
  file: string,
  message: string,
  more: Pick<Diagnostic, 'expected' | 'hint'> = {},
): UserMistakes {
  const location = locateArgument(file);
  return new UserMistakes([{ code: 'bad-argument', message, location, ...more }], new Map());
}
