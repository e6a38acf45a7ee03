import { openExecutor } from '../executor/open-executor.ts';
import type { GraphNode } from '../graph/types.ts';
import { planNodes } from '../inspect/plan.ts';
import { type Diagnostic, locateArgument } from '../pipeline-file/diagnostic.ts';
import { openPalette, wantsColour } from '../progress/style.ts';
import { findVerifiable, type Verification, verifyNode } from '../provenance/verify.ts';
import type { Program } from '../session/execute-run.ts';
import { openMachine } from '../session/machine.ts';
import { UserMistakes } from '../session/mistakes.ts';
import { openProfiles } from '../session/open-profiles.ts';
import { openSession, type Session, type WorkspaceOptions } from '../session/open-session.ts';
import { nameInWorkspace, resolveArgument } from './named-file.ts';
import { formatVerification } from './print-verification.ts';

/**
 * `pipeline verify <file>`: makes an output again from the cache and compares the bytes. Workspace and
 * cache stay as they are.
 *
 * @returns the exit code: 0, or 1 where bytes differ, an input was edited or the node has yet to run
 */
export async function verifyCommand(
  path: string,
  options: WorkspaceOptions & { readonly json?: boolean },
  program: Program,
): Promise<number> {
  const { profile, node } = await findMaker(path, options);
  const session = await openSession({ ...options, profile }, [node.id], {
    writer: 'verify',
  });
  const { graph, layout, tools, nodes } = session;
  const executor = openExecutor(program.workerPath, null);
  const machine = openMachine({});
  try {
    const plan = await planNodes(graph, nodes, tools, false);
    if (plan.diagnostics.length > 0) {
      throw new UserMistakes(plan.diagnostics, new Map(), session.root);
    }
    const verifiable = findVerifiable(plan, node.id);
    const verified =
      verifiable === null
        ? { node: node.id, failure: NOT_UP_TO_DATE, outputs: [], edited: [] }
        : await verifyNode(graph, verifiable, { ...tools, layout, executor, machine });
    print(verified, options.json === true);
    return agrees(verified) ? 0 : 1;
  } finally {
    await executor.close();
    session.close();
  }
}

const NOT_UP_TO_DATE =
  'it or what it reads has yet to run as the pipeline is now; see pipeline why, or pass the --set of its run';

function agrees({ failure, outputs, edited }: Verification): boolean {
  const isSound = ({ verdict }: Verification['outputs'][number]) =>
    verdict !== 'differs' && verdict !== 'not-reproduced';
  return failure === null && edited.length === 0 && outputs.every(isSound);
}

function print(verified: Verification, asJson: boolean): void {
  const palette = openPalette(wantsColour(process.env, process.stdout.isTTY === true));
  const text = asJson ? JSON.stringify(verified, null, 1) : formatVerification(verified, palette);
  process.stdout.write(`${text}\n`);
}

/** The node that makes a file, in the first profile that has one. @throws {UserMistakes} */
async function findMaker(
  path: string,
  options: WorkspaceOptions,
): Promise<{ readonly profile: string; readonly node: GraphNode }> {
  const sessions = await openProfiles(options);
  try {
    for (const { graph, root } of sessions) {
      const wanted = nameInWorkspace(resolveArgument(path, options.directory), root);
      if (wanted === null) continue;
      const makes = ({ outputs }: GraphNode) =>
        outputs.some((output) => wanted === output.path || wanted.startsWith(`${output.path}/`));
      const node = [...graph.nodes.values()].find(makes);
      if (node === undefined) continue;
      if (node.action.kind === 'template') throw refuse(path, TEMPLATE);
      return { profile: graph.profile, node };
    }
    throw refuse(path, nameNoMaker(sessions));
  } finally {
    for (const session of sessions) session.close();
  }
}

type Refusal = Pick<Diagnostic, 'message'> & Partial<Diagnostic>;

const TEMPLATE: Refusal = {
  message: 'this file is rendered from a template, which is done again wherever it is needed',
  expected: 'an output of a module or a command',
};

function nameNoMaker(sessions: readonly Session[]): Refusal {
  const profiles = sessions.map(({ graph }) => graph.profile).join(', ');
  return {
    message: 'no stage makes this file',
    expected: `the path of an output, in one of the profiles ${profiles}`,
    hint: 'pass the --set of the run that made it',
  };
}

function refuse(path: string, refusal: Refusal): UserMistakes {
  const location = locateArgument(path);
  return new UserMistakes([{ code: 'bad-argument', location, ...refusal }], new Map());
}
