/** `compare`, acting: targets → a row a cell, with what each gave here and in a run or revision. */

import { completeSummary, listMeasured } from '../cache/complete-summary.ts';
import type { JsonObject } from '../contract/values.ts';
import { stageOf } from '../graph/node-name.ts';
import { findNodes } from '../graph/select.ts';
import type { Graph, GraphNode, NodeId } from '../graph/types.ts';
import { type CellEntry, type CellRow, gatherCells } from '../history/cells.ts';
import { chooseRows } from '../history/choose-rows.ts';
import { type Column, chooseColumns, findColumn, listColumns } from '../history/columns.ts';
import { shortenRunId } from '../history/find-run.ts';
import { readRunResults } from '../history/run-results.ts';
import type { Diagnostic } from '../pipeline-file/diagnostic.ts';
import { describeFault } from '../system/fault.ts';
import { findRunOrFail } from './list-runs.ts';
import { UserMistakes } from './mistakes.ts';
import type { Session, WorkspaceOptions } from './open-session.ts';
import { planSession } from './plan-targets.ts';
import { withRevision } from './with-revision.ts';
import { withSession } from './with-session.ts';

/** Which cells are wanted, and what of them. */
export interface CompareOptions extends WorkspaceOptions {
  /** Conditions that all hold, see {@link chooseRows}. */
  readonly where?: readonly string[];
  /** Names of columns apart by commas. */
  readonly sort?: string;
  /** Names of columns apart by commas. */
  readonly columns?: string;
  /** A run by its name, or `git:` and a revision. */
  readonly with?: string;
}

/** A table of cells. */
export interface CellTable {
  readonly rows: readonly CellRow[];
  /** The columns that are shown. */
  readonly columns: readonly Column[];
  /** Names of parameters and axes that all rows have alike. */
  readonly alike: readonly string[];
  /** What the cells are compared with, in words; null for nothing. */
  readonly other: string | null;
  /** What is to be said beside it, a line each: which outputs with metrics have none. */
  readonly warnings: readonly string[];
}

/** What the nodes of another run or revision gave. */
interface OtherSide {
  readonly words: string;
  readonly nodes: ReadonlyMap<
    string,
    Omit<CellEntry, 'here' | 'there'> & { summary: JsonObject | null }
  >;
}

const REVISION = 'git:';

/**
 * Gathers what the nodes of targets gave, by cell; where those have no metrics, that of what they need.
 * Changes nothing.
 *
 * @throws {UserMistakes} with what is wrong in the files and the arguments
 */
export function tabulateCells(
  targets: readonly string[],
  options: CompareOptions,
): Promise<CellTable> {
  return withSession(options, targets, {}, async (session) => {
    const other =
      options.with === undefined ? null : await readOther(options.with, options, session);
    const warnings: string[] = [];
    const here = await readSession(session, (text) => warnings.push(text));
    const gone = listGone(session, targets, other, here);
    const ids = [...here.keys(), ...gone];
    const entries = ids.flatMap((id): CellEntry[] => {
      const there = other?.nodes.get(id);
      const own = here.get(id) ?? there;
      if (own === undefined) return [];
      const { node, stage, cell, params } = own;
      const summary = here.get(id)?.summary ?? null;
      return [{ node, stage, cell, params, here: summary, there: there?.summary ?? null }];
    });
    const named = targets.flatMap((target) => findNodes(session.graph, target) ?? []);
    const asked = new Set<string>([...named, ...gone]);
    const own = gatherCells(entries.filter(({ node }) => targets.length === 0 || asked.has(node)));
    const all = own.length > 0 ? own : gatherCells(entries);
    return { ...choose(all, options), other: other?.words ?? null, warnings };
  });
}

function choose(
  all: readonly CellRow[],
  options: CompareOptions,
): Omit<CellTable, 'other' | 'warnings'> {
  const known = listColumns(all);
  // Names mean nothing before there is a result.
  if (all.length === 0) return { rows: [], columns: known, alike: [] };
  const diagnostics: Diagnostic[] = [];
  const chosen = chooseRows(all, known, options.where ?? [], splitNames(options.sort));
  if (!chosen.ok) diagnostics.push(...chosen.diagnostics);
  const rows = chosen.ok ? chosen.value : [];
  const named = splitNames(options.columns).flatMap((name) => {
    const found = findColumn(name, known, `--columns ${name}`);
    if (found.ok) return [found.value];
    diagnostics.push(...found.diagnostics);
    return [];
  });
  if (diagnostics.length > 0) throw new UserMistakes(diagnostics);
  const names = known.filter(({ kind }) => kind === 'name');
  const columns =
    options.columns === undefined
      ? chooseColumns(known, rows)
      : [...names, ...named.filter(({ kind }) => kind !== 'name')];
  const alike = known.filter((one) => !columns.includes(one) && isAlike(one, rows));
  return { rows, columns, alike: alike.map(({ name }) => name) };
}

function isAlike({ read }: Column, rows: readonly CellRow[]): boolean {
  return new Set(rows.map((row) => JSON.stringify(read(row)))).size === 1;
}

function splitNames(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/**
 * What the nodes of a session gave, as far as their results are there.
 *
 * @param complain told of outputs with metrics that have none
 * @param today of a session at another revision, the graph of today: what has metrics by that has them then too
 */
async function readSession(
  session: Session,
  complain: (text: string) => void,
  today?: Graph,
): Promise<OtherSide['nodes']> {
  const { results, objects } = session.tools;
  const { plan } = await planSession(session);
  const measuredOf = (node: GraphNode) => {
    const now = today?.nodes.get(node.id);
    const names = now === undefined ? [] : listMeasured(now).map(({ name }) => name);
    const isLate = ({ name }: { readonly name: string }) => names.includes(name);
    return [...listMeasured(node), ...node.outputs.filter(isLate)];
  };
  return new Map(
    plan.nodes.map(({ node, fingerprint }) => {
      const result = fingerprint === null ? null : results.read(fingerprint).result;
      const tell = (text: string, error: unknown) =>
        complain(`${node.id}: ${text}: ${describeFault(error, null)}`);
      const summary =
        result === null ? null : completeSummary(result, measuredOf(node), objects, tell);
      const { params } = result?.record ?? node;
      return [node.id, { ...describe(node), params, summary }];
    }),
  );
}

function describe({ id, stage, cell }: GraphNode) {
  return { node: id as string, stage: stage.name, cell: { ...cell } as JsonObject };
}

function readOther(
  name: string,
  options: CompareOptions,
  session: Session,
): Promise<OtherSide> | OtherSide {
  if (!name.startsWith(REVISION)) return readRun(name, session);
  return withRevision(name.slice(REVISION.length), options, session, async (then, words) => ({
    words,
    nodes: await readSession(then, () => {}, session.graph),
  }));
}

function readRun(name: string, { layout, graph, tools }: Session): OtherSide {
  const run = findRunOrFail(name, layout, '--with');
  const nodes = [...readRunResults(run, layout).values()].map(
    ({ node, summary, outcome, record }) => {
      const now = graph.nodes.get(node as NodeId);
      const isMade = outcome === 'executed' || outcome === 'cached';
      const measured = now === undefined ? [] : listMeasured(now);
      const whole =
        record === null
          ? summary
          : completeSummary({ ...record, summary }, measured, tools.objects);
      return [
        node,
        {
          node,
          stage: stageOf(node),
          cell: record?.record.cell ?? now?.cell ?? {},
          params: record?.record.params ?? {},
          summary: isMade ? whole : null,
        },
      ] as const;
    },
  );
  return { words: `run ${shortenRunId(run.id)}`, nodes: new Map(nodes) };
}

/** Nodes of the other side that there are no more, of stages that were asked for. */
function listGone(
  { graph }: Session,
  targets: readonly string[],
  other: OtherSide | null,
  here: ReadonlyMap<string, unknown>,
): readonly string[] {
  const stages = new Set(targets.flatMap((target) => findNodes(graph, target) ?? []).map(stageOf));
  return [...(other?.nodes.values() ?? [])].flatMap(({ node, stage }) =>
    !here.has(node) && (targets.length === 0 || stages.has(stage)) ? [node] : [],
  );
}
