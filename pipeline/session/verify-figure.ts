/** `verify`, acting: a file's name → the output made again and compared. */

import { UNTRACED } from '../executor/executor.ts';
import { openExecutor } from '../executor/open-executor.ts';
import { UsageMeter } from '../executor/usage-meter.ts';
import type { GraphNode } from '../graph/types.ts';
import { findVerifiable, type Verification, verifyNode } from '../provenance/verify.ts';
import { openMachine } from './machine.ts';
import { badArgument } from './mistakes.ts';
import { nameInWorkspace, resolveArgument } from './named-file.ts';
import type { Session, WorkspaceOptions } from './open-session.ts';
import { planOrFail } from './plan-targets.ts';
import type { Program } from './program.ts';
import { withProfiles, withSession } from './with-session.ts';

const NOT_UP_TO_DATE =
  'it or what it reads has yet to run as the pipeline is now; see pipeline why, or pass the --set of its run';

/**
 * Makes an output again from the cache and compares the bytes. Workspace and cache stay as they are.
 *
 * @param path a file of the output, as it was typed
 * @throws {UserMistakes} where no stage makes it, and with what is wrong in the pipeline
 */
export async function verifyFile(
  path: string,
  options: WorkspaceOptions,
  { workerPath }: Pick<Program, 'workerPath'>,
): Promise<Verification> {
  const { profile, node } = await findMaker(path, options);
  return withSession({ ...options, profile }, [node.id], { writer: 'verify' }, async (session) => {
    const { graph, layout, tools } = session;
    const machine = openMachine({});
    const executor = openExecutor(workerPath, { tracing: UNTRACED, meter: new UsageMeter() });
    try {
      const plan = await planOrFail(session);
      const verifiable = findVerifiable(plan, node.id);
      if (verifiable !== null) {
        return await verifyNode(graph, verifiable, { ...tools, layout, executor, machine });
      }
      return { node: node.id, failure: NOT_UP_TO_DATE, outputs: [], edited: [], fields: [] };
    } finally {
      await executor.close();
    }
  });
}

/** Whether everything is as it was made. */
export function isVerified({ failure, outputs, edited }: Verification): boolean {
  const isSound = ({ verdict }: Verification['outputs'][number]) =>
    verdict !== 'differs' && verdict !== 'not-reproduced';
  return failure === null && edited.length === 0 && outputs.every(isSound);
}

/** The node that makes a file, in the first profile that has one. @throws {UserMistakes} */
function findMaker(
  path: string,
  options: WorkspaceOptions,
): Promise<{ readonly profile: string; readonly node: GraphNode }> {
  return withProfiles(options, (sessions) => {
    for (const { graph, root } of sessions) {
      const wanted = nameInWorkspace(resolveArgument(path, options.directory), root);
      if (wanted === null) continue;
      const makes = ({ outputs }: GraphNode) =>
        outputs.some((output) => wanted === output.path || wanted.startsWith(`${output.path}/`));
      const node = [...graph.nodes.values()].find(makes);
      if (node === undefined) continue;
      if (node.action.kind === 'template') {
        const message =
          'this file is rendered from a template, which is done again wherever it is needed';
        throw badArgument(path, message, { expected: 'an output of a module or a command' });
      }
      return { profile: graph.profile, node };
    }
    throw badArgument(path, 'no stage makes this file', {
      expected: `the path of an output, in one of the profiles ${listProfiles(sessions)}`,
      hint: 'pass the --set and --as of the run that made it',
    });
  });
}

function listProfiles(sessions: readonly Session[]): string {
  return sessions.map(({ graph }) => graph.profile).join(', ');
}
