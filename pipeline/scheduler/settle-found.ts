/**
 * Running, with `inputs: auto`: what a stage was seen to read → the look at its node to which its result
 * belongs, unless that cannot be told for sure.
 */

import { lstatSync, type Stats, statSync } from 'node:fs';
import type { Access } from '../audit/access.ts';
import { describeReads, nameAll } from '../audit/describe-accesses.ts';
import { isAtOrBelow } from '../audit/undeclared.ts';
import type { Readings } from '../executor/executor.ts';
import { joinPath, listPlaces, NOTHING_THERE, readStates } from '../fingerprint/found-states.ts';
import { hashRecord } from '../fingerprint/record.ts';
import { plainPath } from '../graph/place-apart.ts';
import type { Graph, GraphNode } from '../graph/types.ts';
import type { Inspection, InspectionTools } from '../inspect/inspect.ts';
import { isSystemError } from '../system/errors.ts';
import { isAtOrBelowAny, resolveIn } from '../system/resolve-path.ts';
import type { Failure } from './failure.ts';

/** The look to which a result belongs, or why there is none. */
export type Settled =
  | { readonly ok: true; readonly work: Inspection }
  | { readonly ok: false; readonly failure: Failure };

/** The paths that were read, as records have them. */
export function listKeys(accesses: readonly Access[]): string[] {
  return [...new Set(accesses.map(({ kind, path }) => (kind === 'list' ? `${path}/` : path)))];
}

/**
 * Completes the look at a node by what its stage was seen to read, as that stands there now, where it
 * is sure that the stage read the same.
 *
 * @param readings null for a stage whose readings do not count
 */
export function settleFound(
  work: Inspection,
  readings: Readings | null,
  graph: Graph,
  tools: InspectionTools,
): Settled {
  if (readings === null) return { ok: true, work };
  const { node } = work;
  const { found } = readings;
  if (found === null) return fail(describeUnseen(node));
  const made = findMade(found, graph);
  if (made.length > 0) return fail(describeMade(made, node, graph));
  const keys = listKeys(found);
  const states = readStates(keys, graph, tools);
  const changed = found.find((access) => hasChanged(access, states, readings, graph, tools));
  if (changed !== undefined) {
    const { path } = changed;
    const change = { path, text: path === '.' ? 'the workspace' : path, remedy: null };
    return {
      ok: false,
      failure: { kind: 'input-changed', change, undeclared: readings.others, readers: [] },
    };
  }
  const record = { ...work.record, found: states };
  const fingerprint = hashRecord(record);
  return { ok: true, work: { ...work, record, fingerprint, result: null } };
}

function fail(text: string): Settled {
  return { ok: false, failure: { kind: 'not-found-out', text } };
}

function describeUnseen({ action }: GraphNode): string {
  const why =
    action.kind === 'module'
      ? 'it runs programs by $, which nobody watches'
      : 'strace is missing or does not work here';
  return `what it reads is not known, so that its result cannot be kept under inputs: auto: ${why}. Declare its inputs by name`;
}

/** What stages make, of what was read: for that it does not wait, and it would not run again after them. */
function findMade(found: readonly Access[], graph: Graph): string[] {
  const places = listPlaces(graph);
  const suspects = found.filter(({ path }) => isAtOrBelowAny(path, places));
  if (suspects.length === 0) return [];
  const outputs = [...graph.nodes.values()].flatMap((node) =>
    node.outputs.flatMap(({ path }) => [path, plainPath(path, node)]),
  );
  const isMade = (path: string) => outputs.some((output) => isAtOrBelow(path, output));
  return [...new Set(suspects.map(({ path }) => path).filter(isMade))].sort();
}

function describeMade(paths: readonly string[], node: GraphNode, graph: Graph): string {
  const what = `reads ${nameAll(paths, MOST_NAMED)} of the pipeline's own outputs, for which inputs: auto does not wait`;
  return describeReads(graph, node, paths, what, 'write at', MOST_NAMED);
}

/** Paths that a message names. */
const MOST_NAMED = 4;

/** Whether what a stage did with a path may have shown it something else than what stands there now. */
function hasChanged(
  { kind, path }: Access,
  states: Inspection['record']['found'] & object,
  readings: Readings,
  graph: Graph,
  tools: InspectionTools,
): boolean {
  const target = resolveIn(tools.workspace, path);
  if (kind === 'miss') return states[path] !== NOTHING_THERE;
  const state = states[kind === 'list' ? `${path}/` : path];
  if (state === NOTHING_THERE) return true;
  const isYoung = (stats: Stats) => tools.files.mayHaveChanged(stats, readings.since);
  if (hasYoungLink(path, isYoung, tools.workspace)) return true;
  const stats = statOrNull(target);
  if (stats === null || !isYoung(stats)) return stats === null;
  // A folder in which outputs were put meanwhile lists them, which does not count.
  if (kind !== 'list') return true;
  const own = readings.others.map((access) => access.path);
  const explained = [...listPlaces(graph), ...own].filter(
    (one) => joinPath(path, one.slice(one.lastIndexOf('/') + 1)) === one,
  );
  return !explained.some((one) => {
    const entry = statOrNull(resolveIn(tools.workspace, one));
    return entry !== null && isYoung(entry);
  });
}

/** Whether a link on the way to a path was made or set anew. */
function hasYoungLink(
  path: string,
  isYoung: (stats: Stats) => boolean,
  workspace: string,
): boolean {
  const steps = path.split('/');
  return steps.some((_, i) => {
    const at = resolveIn(workspace, steps.slice(0, i + 1).join('/'));
    const stats = statOrNull(at, lstatSync);
    return stats?.isSymbolicLink() === true && isYoung(stats);
  });
}

function statOrNull(path: string, look: (path: string) => Stats = statSync): Stats | null {
  try {
    return look(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return null;
  }
}
