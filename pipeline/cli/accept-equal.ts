import { RunHistory } from '../cache/history.ts';
import { listRecords } from '../cache/inventory.ts';
import { stageOf } from '../cache/past-runs.ts';
import { findNodes } from '../graph/select.ts';
import { acceptAsEqual, findEarlierResult } from '../inspect/accept.ts';
import type { Inspection } from '../inspect/inspect.ts';
import { planNodes } from '../inspect/plan.ts';
import { type Diagnostic, locateArgument } from '../pipeline-file/diagnostic.ts';
import { UserMistakes } from '../session/mistakes.ts';
import { openSession, type Session, type WorkspaceOptions } from '../session/open-session.ts';
import { removePath } from '../system/files.ts';

/** Options of `pipeline accept-equal`. */
export interface AcceptOptions extends WorkspaceOptions {
  readonly reason?: string;
  /** The name that the node, or its stage, had before. */
  readonly from?: string;
  readonly undo?: boolean;
}

/**
 * `pipeline accept-equal <node> --reason …`: declares that an edit did not change a node's result, so
 * that the earlier one stands under the new fingerprint; `--undo` takes that back. A stage stands for
 * all of its nodes that have no result. After a rename, `--from` gives the old name.
 *
 * @returns the exit code
 */
export async function acceptEqualCommand(name: string, options: AcceptOptions): Promise<number> {
  const session = await openSession(options, [name], { writer: 'accept-equal' });
  try {
    const inspections = await inspect(name, session);
    const lines =
      options.undo === true
        ? undo(name, inspections, session)
        : accept(name, inspections, session, options);
    process.stdout.write(`${lines.join('\n')}\n`);
    return 0;
  } finally {
    session.close();
  }
}

function accept(
  name: string,
  inspections: readonly Inspection[],
  { graph, layout, tools }: Session,
  { reason, from }: AcceptOptions,
): string[] {
  if (reason === undefined || reason.trim() === '') {
    throw refuse('--reason', 'a reason is needed: it is kept with the result', {
      expected: '--reason "why the result is the same"',
    });
  }
  if (from !== undefined && Object.hasOwn(graph.spec.stages, stageOf(from))) {
    throw refuse('--from', `the stage "${stageOf(from)}" is still there, so ${name} was not it`, {
      expected: 'the name that the stage, or the node, had before it was renamed',
    });
  }
  const open = inspections.filter(({ result }) => result === null);
  if (open.length === 0) {
    throw refuse(name, `${name} has a result of its own: there is nothing to accept`);
  }
  const results = listRecords(layout).flatMap(({ name }) => tools.results.read(name).result ?? []);
  // All of them or none.
  const pairs = open.map((inspection) => {
    const earlier = findEarlierResult(inspection, layout, results, tools.files, from);
    if (earlier !== null) return { inspection, earlier };
    const { id } = inspection.node;
    const called = from === undefined ? id : `${id} under the name ${from}`;
    throw refuse(name, `the cache holds no earlier result of ${called} with the same outputs`, {
      hint:
        from === undefined
          ? `pipeline run ${id}; after a rename, --from <old name>`
          : `pipeline run ${id}`,
    });
  });
  const history = new RunHistory(layout, tools.results);
  const now = new Date().toISOString();
  return pairs.map(({ inspection, earlier }) => {
    const result = acceptAsEqual(earlier, inspection, reason.trim(), now);
    tools.results.write(result);
    history.add(result);
    const { node, code, fingerprint } = inspection;
    const detail = code === null ? '' : `, code ${code.digest.slice(0, 12)}`;
    return `${node.id}: result ${earlier.fingerprint.slice(0, 12)} now stands for ${fingerprint.slice(0, 12)}${detail}; pipeline accept-equal ${node.id} --undo takes it back`;
  });
}

function undo(name: string, inspections: readonly Inspection[], { layout }: Session): string[] {
  const lines = inspections.flatMap(({ node, result, fingerprint }) => {
    if (result?.accepted === undefined) return [];
    removePath(layout.result(fingerprint));
    return [`${node.id}: no longer accepted ("${result.accepted.reason}"); the next run makes it`];
  });
  if (lines.length > 0) return lines;
  throw refuse(name, `the result of ${name} as it is now was not accepted as equal`);
}

/** Looks at the node of a name, or at all nodes of the stage of that name. */
async function inspect(name: string, { graph, nodes, tools }: Session): Promise<Inspection[]> {
  const wanted = new Set(Object.hasOwn(graph.spec.targets, name) ? [] : findNodes(graph, name));
  if (wanted.size === 0) {
    throw refuse(name, `${name} is no node and no stage`, {
      expected: 'the full name of a node, as pipeline status prints it, or of a stage',
    });
  }
  const plan = await planNodes(graph, nodes, tools, false);
  if (plan.diagnostics.length > 0) {
    throw new UserMistakes(plan.diagnostics, new Map(), tools.workspace);
  }
  return plan.nodes.flatMap(({ node, inspection }) => {
    if (!wanted.has(node.id)) return [];
    if (inspection !== null) return [inspection];
    throw refuse(name, `what ${node.id} reads is not made yet, so it has no fingerprint`, {
      hint: 'run or accept what stands before it first',
    });
  });
}

function refuse(
  file: string,
  message: string,
  more: Pick<Diagnostic, 'expected' | 'hint'> = {},
): UserMistakes {
  const location = locateArgument(file);
  return new UserMistakes([{ code: 'bad-argument', message, location, ...more }], new Map());
}
