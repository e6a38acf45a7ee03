/**
 * `accept-equal`, acting: from the nodes a name stands for to the records that say so, and back.
 */

import { listRecords } from '../cache/inventory.ts';
import { hashDeclared } from '../cache/read-sets.ts';
import type { ResultRecord } from '../cache/results.ts';
import { readStates } from '../fingerprint/found-states.ts';
import { hashRecord } from '../fingerprint/record.ts';
import { stageOf } from '../graph/node-name.ts';
import { findNodes } from '../graph/select.ts';
import type { Graph } from '../graph/types.ts';
import { acceptAsEqual, findEarlierResult } from '../inspect/accept.ts';
import type { Inspection, InspectionTools } from '../inspect/inspect.ts';
import { removePath } from '../system/remove-path.ts';
import { badArgument } from './mistakes.ts';
import type { Session, WorkspaceOptions } from './open-session.ts';
import { planOrFail } from './plan-targets.ts';
import { withSession } from './with-session.ts';

/** What is declared. */
export interface AcceptOptions extends WorkspaceOptions {
  readonly reason?: string;
  /** The name that the node, or its stage, had before. */
  readonly from?: string;
}

/** An earlier result that now stands for a node. */
export interface Accepted {
  readonly inspection: Inspection;
  readonly earlier: ResultRecord;
}

/** A result that stands for a node no longer. */
export interface Unaccepted {
  readonly node: string;
  /** Why it had been accepted. */
  readonly reason: string;
}

/**
 * Declares that an edit did not change a node's result, so that the earlier one stands under the new
 * fingerprint. A stage stands for all of its nodes that have no result; they are accepted all or none.
 *
 * @throws {UserMistakes} where there is nothing to accept, no reason, or no such earlier result
 */
export function acceptEqual(name: string, options: AcceptOptions): Promise<readonly Accepted[]> {
  return withSession(options, [name], { writer: 'accept-equal' }, async (session) =>
    accept(name, await inspect(name, session), session, options),
  );
}

/**
 * Takes {@link acceptEqual} back, so that the next run makes the result.
 *
 * @throws {UserMistakes} where nothing was accepted
 */
export function undoAcceptEqual(
  name: string,
  options: WorkspaceOptions,
): Promise<readonly Unaccepted[]> {
  return withSession(options, [name], { writer: 'accept-equal' }, async (session) => {
    const inspections = await inspect(name, session);
    const undone = inspections.flatMap(({ node, result, fingerprint }) => {
      if (result?.accepted === undefined) return [];
      removePath(session.layout.result(fingerprint));
      return [{ node: node.id, reason: result.accepted.reason }];
    });
    if (undone.length > 0) return undone;
    throw badArgument(name, `the result of ${name} as it is now was not accepted as equal`);
  });
}

function accept(
  name: string,
  inspections: readonly Inspection[],
  { graph, layout, tools, history }: Session,
  { reason = '', from }: AcceptOptions,
): Accepted[] {
  if (reason.trim() === '') {
    throw badArgument('--reason', 'a reason is needed: it is kept with the result', {
      expected: '--reason "why the result is the same"',
    });
  }
  if (from !== undefined && Object.hasOwn(graph.spec.stages, stageOf(from))) {
    const message = `the stage "${stageOf(from)}" is still there, so ${name} was not it`;
    throw badArgument('--from', message, {
      expected: 'the name that the stage, or the node, had before it was renamed',
    });
  }
  const open = inspections.filter(({ result }) => result === null);
  if (open.length === 0) {
    throw badArgument(name, `${name} has a result of its own: there is nothing to accept`);
  }
  const results = listRecords(layout).flatMap(({ name }) => tools.results.read(name).result ?? []);
  // All of them or none.
  const accepted = open.map((inspection) => {
    const earlier = findEarlierResult(inspection, layout, results, tools.files, from);
    if (earlier !== null)
      return { inspection: readAsThen(inspection, earlier, graph, tools), earlier };
    const { id } = inspection.node;
    const called = from === undefined ? id : `${id} under the name ${from}`;
    throw badArgument(
      name,
      `the cache holds no earlier result of ${called} with the same outputs`,
      {
        hint:
          from === undefined
            ? `pipeline run ${id}; after a rename, --from <old name>`
            : `pipeline run ${id}`,
      },
    );
  });
  const now = new Date().toISOString();
  for (const { inspection, earlier } of accepted) {
    const result = acceptAsEqual(earlier, inspection, reason.trim(), now);
    const { found } = result.record;
    if (found !== undefined) tools.reads.add(hashDeclared(result.record), Object.keys(found));
    tools.results.write(result);
    history.add(result);
  }
  return accepted;
}

/** With `inputs: auto`: what the earlier result had read counts from now on as it stands. @throws {UserMistakes} */
function readAsThen(
  inspection: Inspection,
  { record: { found } }: ResultRecord,
  graph: Graph,
  tools: InspectionTools,
): Inspection {
  const { node } = inspection;
  if (!node.findsInputs) return inspection;
  if (found === undefined) {
    const message = `what the earlier result of ${node.id} had read is not known: it was made without inputs: auto`;
    throw badArgument(node.id, message, { hint: `pipeline run ${node.id}` });
  }
  const record = {
    ...inspection.record,
    found: readStates(Object.keys(found), graph, tools),
  };
  return { ...inspection, record, fingerprint: hashRecord(record) };
}

/** Looks at the node of a name, or at all nodes of the stage of that name. @throws {UserMistakes} */
async function inspect(name: string, session: Session): Promise<Inspection[]> {
  const { graph } = session;
  const wanted = new Set(Object.hasOwn(graph.spec.targets, name) ? [] : findNodes(graph, name));
  if (wanted.size === 0) {
    throw badArgument(name, `${name} is no node and no stage`, {
      expected: 'the full name of a node, as pipeline status prints it, or of a stage',
    });
  }
  const plan = await planOrFail(session);
  return plan.nodes.flatMap(({ node, inspection }) => {
    if (!wanted.has(node.id)) return [];
    if (inspection !== null) return [inspection];
    const message = `what ${node.id} reads is not made yet, so it has no fingerprint`;
    throw badArgument(name, message, { hint: 'run or accept what stands before it first' });
  });
}
