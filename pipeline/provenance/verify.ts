/** `verify` as a whole: a figure made again and compared, and what edited inputs would change. */

import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isInPlace, restoreOutput } from '../cache/restore.ts';
import type { ResultRecord } from '../cache/results.ts';
import type { FigureProvenance } from '../contract/figure.ts';
import { readContent } from '../fingerprint/read-content.ts';
import type { Graph, GraphNode, NodeId, NodeOutput } from '../graph/types.ts';
import type { Inspection } from '../inspect/inspect.ts';
import type { Plan } from '../inspect/plan.ts';
import { makeNonce } from '../system/nonce.ts';
import { resolveIn } from '../system/resolve-path.ts';
import { compareFiles, type FileDifference, type RowDifference } from './compare-files.ts';
import { listRows } from './map-marks.ts';
import { readFigure } from './read-figure.ts';
import { type RecomputeTools, recompute } from './recompute.ts';

/** What became of a node's outputs when they were made again. */
export interface Verification {
  readonly node: string;
  /** Why it could not be made again; null where it was. */
  readonly failure: string | null;
  readonly outputs: readonly VerifiedOutput[];
  /** Results upstream that are not in the workspace as they were made. */
  readonly edited: readonly EditedInput[];
  /** The fields that name the runs behind a row, as the figure says; none where it says nothing. */
  readonly fields: readonly string[];
}

/** One output, as it stands and as it was made again. */
export interface VerifiedOutput {
  readonly name: string;
  readonly path: string;
  /**
   * `equal`; `differs` from what was made again; `missing` from the workspace; `volatile`, not compared;
   * `not-reproduced`: what was made again is not what the cache holds.
   */
  readonly verdict: 'equal' | 'differs' | 'missing' | 'volatile' | 'not-reproduced';
  readonly difference: FileDifference | null;
}

/** A file upstream that somebody edited. */
export interface EditedInput {
  readonly path: string;
  /** The node that made it. */
  readonly node: string;
  /** The rows of the figure that rest on it. */
  readonly rows: readonly number[];
  /** The rows that it would change; null where the figure cannot be drawn from it, see `failure`. */
  readonly changes: readonly RowDifference[] | null;
  readonly failure: string | null;
}

/** A node that can be verified: it and everything upstream has a result. */
export interface Verifiable {
  readonly inspection: Inspection;
  readonly result: ResultRecord;
  /** The results upstream, with what is out of its place. */
  readonly upstream: ReadonlyMap<
    NodeId,
    { readonly inspection: Inspection; readonly result: ResultRecord }
  >;
}

/** The node of a plan, with all that it was made from; null where something has yet to run. */
export function findVerifiable(plan: Plan, id: NodeId): Verifiable | null {
  const upstream = new Map<NodeId, { inspection: Inspection; result: ResultRecord }>();
  for (const { node, inspection } of plan.nodes) {
    const result = inspection?.result ?? null;
    if (inspection === null || result === null) return null;
    upstream.set(node.id, { inspection, result });
  }
  const own = upstream.get(id);
  upstream.delete(id);
  return own === undefined ? null : { ...own, upstream };
}

/**
 * Makes a node's outputs again from the cache and compares them with those that stand in the workspace,
 * and looks for edited results upstream. Where it cannot be made again, its outputs are compared with
 * those that the cache holds.
 *
 * @throws a system error where the disk does not take it; Error for a node that {@link
 * findVerifiable} would not have given
 */
export async function verifyNode(
  graph: Graph,
  { inspection, result, upstream }: Verifiable,
  tools: RecomputeTools,
): Promise<Verification> {
  const known = new Map([...upstream].map(([id, { result }]) => [id, result]));
  const { node } = inspection;
  const made = await recompute(graph, inspection, known, new Set(), tools);
  const recorded = await placeRecorded(node, result, tools);
  const reference = made.ok ? made.outputs : recorded;
  const outputs = node.outputs.map((output) =>
    verifyOutput(output, result, { recorded, reference }, tools),
  );
  const provenance = readProvenance(reference);
  const edited: EditedInput[] = [];
  for (const { path, maker, isRead } of listEdited(upstream, node, tools)) {
    const rows = provenance === null ? [] : findRowsUpon(graph, provenance, maker);
    // What the cache has lost can be read from the workspace only.
    const standing = new Set([path, ...(made.ok ? [] : made.lost)]);
    const again = isRead ? await recompute(graph, inspection, known, standing, tools) : null;
    const failure = again?.ok === false ? again.message : null;
    const changes = again?.ok === true ? compareOutputs(result, reference, again.outputs) : null;
    edited.push({ path, node: maker, rows, changes, failure });
  }
  const fields = provenance?.fields ?? [];
  return { node: node.id, failure: made.ok ? null : made.message, outputs, edited, fields };
}

type Paths = Readonly<Record<string, string>>;

/** Puts the recorded outputs into a private folder, those that the cache still has. */
async function placeRecorded(
  node: GraphNode,
  result: ResultRecord,
  tools: RecomputeTools,
): Promise<Paths> {
  const folder = join(tools.layout.temporary, makeNonce());
  const placed: Record<string, string> = {};
  for (const { name, path } of node.outputs) {
    const output = result.outputs[name];
    if (output === undefined) continue;
    const target = join(folder, name, basename(path));
    const restored = await restoreOutput(target, output, tools.objects, tools.files);
    if (restored.ok) placed[name] = target;
  }
  return placed;
}

function verifyOutput(
  { name, path }: NodeOutput,
  result: ResultRecord,
  { recorded, reference }: { readonly recorded: Paths; readonly reference: Paths },
  tools: RecomputeTools,
): VerifiedOutput {
  const output = result.outputs[name];
  if (output === undefined) throw new Error(`a result without its output ${name}`);
  const standing = resolveIn(tools.workspace, path);
  const again = reference[name];
  const judge = (verdict: VerifiedOutput['verdict'], before?: string, after?: string) => {
    const isFile = output.kind !== 'tree' && before !== undefined && after !== undefined;
    return { name, path, verdict, difference: isFile ? compareFiles(before, after) : null };
  };
  const holds = (place: string) => isInPlace(place, output, { read: (path) => readContent(path) });
  if (output.volatile) return judge('volatile');
  if (again !== undefined && !holds(again)) return judge('not-reproduced', recorded[name], again);
  if (!existsSync(standing)) return judge('missing');
  return holds(standing) ? judge('equal') : judge('differs', again, standing);
}

/** Outputs upstream that stand in the workspace with other content than was made. */
function listEdited(
  upstream: Verifiable['upstream'],
  { inputs }: GraphNode,
  tools: RecomputeTools,
): { readonly path: string; readonly maker: NodeId; readonly isRead: boolean }[] {
  const read = new Set(inputs.flatMap(({ sources }) => sources.map(({ path }) => path)));
  return [...upstream.values()].flatMap(({ inspection, result }) =>
    inspection.node.outputs
      .filter(
        ({ name, path }) =>
          inspection.misplaced.includes(name) &&
          result.outputs[name]?.volatile === false &&
          existsSync(resolveIn(tools.workspace, path)),
      )
      .map(({ path }) => ({ path, maker: inspection.node.id, isRead: read.has(path) })),
  );
}

/** The rows of a figure whose runs are a node's or were made from it. */
function findRowsUpon(graph: Graph, { runs }: FigureProvenance, maker: NodeId): number[] {
  const known = new Map<NodeId, boolean>([[maker, true]]);
  const isUpon = (id: NodeId): boolean => {
    const answer = known.get(id) ?? graph.nodes.get(id)?.upstream.some(isUpon) ?? false;
    known.set(id, answer);
    return answer;
  };
  return listRows(runs.filter(({ node }) => isUpon(node as NodeId)));
}

function readProvenance(outputs: Paths): FigureProvenance | null {
  for (const path of Object.values(outputs)) {
    const figure = readFigure(path);
    if (typeof figure !== 'string') return figure.provenance;
  }
  return null;
}

/** The rows of the first output in which two makings differ by rows, volatile ones aside. */
function compareOutputs(
  { outputs }: ResultRecord,
  made: Paths,
  again: Paths,
): readonly RowDifference[] {
  for (const [name, path] of Object.entries(made)) {
    const other = again[name];
    if (other === undefined || outputs[name]?.volatile !== false) continue;
    const rows = compareFiles(path, other)?.rows ?? [];
    if (rows.length > 0) return rows;
  }
  return [];
}
