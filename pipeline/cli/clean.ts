import { listStandingOutputs, removeEmptyAbove, removeOutputs } from '../cache/clean.ts';
import { Placements } from '../cache/placements.ts';
import {
  findStale,
  listCurrent,
  listDropped,
  removeStale,
  type StaleOutput,
} from '../cache/stale.ts';
import type { GraphNode } from '../graph/types.ts';
import { openLeases } from '../lease/open-leases.ts';
import { locateArgument } from '../pipeline-file/diagnostic.ts';
import { countOf } from '../progress/units.ts';
import { UserMistakes } from '../session/mistakes.ts';
import { openSession, type Session, type WorkspaceOptions } from '../session/open-session.ts';

/** Options of `pipeline clean`. */
export interface CleanOptions extends WorkspaceOptions {
  readonly dryRun?: boolean;
  /** Remove what no stage makes any more, and nothing else. */
  readonly stale?: boolean;
}

/** Stale outputs that are named where others are what is asked for. */
const MOST_NAMED = 10;

/**
 * `pipeline clean [targets]`: removes from the workspace the outputs that the cache can put back.
 * What the user changed stays, and is named.
 *
 * @returns the exit code
 */
export async function cleanCommand(
  targets: readonly string[],
  options: CleanOptions,
): Promise<number> {
  const isStale = options.stale === true;
  if (isStale && targets.length > 0) {
    const message = '--stale is about outputs that no stage makes any more: no target has them';
    throw mistakeOf(message, 'leave the targets out');
  }
  const isDry = options.dryRun === true;
  const session = await openSession(options, targets, isDry ? {} : { writer: 'clean' });
  try {
    refuseBesideRunning(session);
    const stale = await listStale(session, options).catch((error: unknown) => {
      // What another profile makes is not known where it has mistakes: then nothing is stale.
      if (isStale || !(error instanceof UserMistakes)) throw error;
      return [];
    });
    if (!isStale) return cleanOutputs(stale, session, isDry);
    cleanStale(stale, session, isDry);
    return 0;
  } finally {
    session.close();
  }
}

/** @returns the exit code: 1 where something that was to go is still there */
function cleanOutputs(
  stale: readonly StaleOutput[],
  { root, layout, nodes, tools }: Session,
  isDry: boolean,
): number {
  const standing = listStandingOutputs(nodes, layout, tools.results, tools.files);
  const going = standing.filter(({ keep }) => keep === null);
  for (const output of standing) {
    if (output.keep !== null) say(`kept ${output.path}: ${output.keep}`);
    else if (isDry) say(`would remove ${output.path}`);
  }
  for (const one of stale.slice(0, MOST_NAMED)) {
    say(`left ${one.path}: no stage makes it any more; clean --stale removes it`);
  }
  if (stale.length > MOST_NAMED) {
    say(`left ${stale.length - MOST_NAMED} more that no stage makes; clean --stale removes them`);
  }
  const left = isDry ? [] : removeOutputs(going, root, tools);
  for (const one of left) {
    say(`left ${one} in part: it may not be removed, or has changed meanwhile`);
  }
  const count = countOf(going.length - left.length, 'output');
  say(isDry ? `would remove ${count}` : `removed ${count}; pipeline run puts them back`);
  return left.length === 0 ? 0 : 1;
}

function cleanStale(
  stale: readonly StaleOutput[],
  { root, layout, context }: Session,
  isDry: boolean,
): void {
  const gone = new Set<string>();
  for (const one of stale) {
    if (isDry) say(`would remove ${one.path}`);
    else {
      const isWhole = removeStale(one);
      gone.add(one.path);
      removeEmptyAbove(one.path, root);
      const left = isWhole ? '' : ', but for what no run put there or has changed since';
      say(`removed ${one.path}${left}`);
    }
  }
  if (isDry) {
    say(`would remove ${countOf(stale.length, 'output')} that no stage makes any more`);
    return;
  }
  if (gone.size > 0) new Placements(layout, context).forget(gone);
  say(`removed ${countOf(gone.size, 'output')} that no stage makes any more`);
}

/** What runs of any profile have put in the workspace and no profile makes now. */
async function listStale(session: Session, options: CleanOptions): Promise<StaleOutput[]> {
  const { root, layout, graph, tools, context } = session;
  const nodes: GraphNode[] = [...graph.nodes.values()];
  const placements = new Placements(layout, context).all();
  if (listDropped(placements, listCurrent(nodes)).length === 0) return [];
  for (const profile of Object.keys(graph.spec.profiles)) {
    if (profile === graph.profile) continue;
    const other = await openSession({ ...options, profile, set: [] }, []);
    nodes.push(...other.graph.nodes.values());
    other.close();
  }
  const current = listCurrent(nodes);
  return findStale(listDropped(placements, current), current, root, tools);
}

function refuseBesideRunning({ layout }: Session): void {
  const [holder] = openLeases(layout, process.env).listHolders();
  if (holder === undefined) return;
  throw mistakeOf(
    `${holder.host}:${holder.pid} is running stages in this workspace, which may read what would go`,
    'run clean when it is done',
  );
}

function mistakeOf(message: string, hint: string): UserMistakes {
  const location = locateArgument('clean');
  return new UserMistakes([{ code: 'bad-argument', message, location, hint }], new Map());
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
