/** `clean`, acting: which outputs of targets can go, told step by step as they go. */

import { listStandingOutputs, removeEmptyAbove, removeOutputs } from '../cache/clean.ts';
import { Placements } from '../cache/placements.ts';
import {
  findStale,
  listCurrent,
  listDropped,
  removeStale,
  type StaleOutput,
} from '../cache/stale.ts';
import { explorationsFolder, findExplorationFolder } from '../graph/place-apart.ts';
import type { GraphNode } from '../graph/types.ts';
import { openLeases } from '../lease/open-leases.ts';
import { badArgument, UserMistakes } from './mistakes.ts';
import type { Session, WorkspaceOptions } from './open-session.ts';
import { withSession } from './with-session.ts';

/** What is to go. */
export interface CleanOptions extends WorkspaceOptions {
  /** Remove nothing. */
  readonly dryRun?: boolean;
  /** Remove what no stage makes any more, and nothing else. */
  readonly stale?: boolean;
}

/** What cleaning comes to, told as it goes. Paths are from the workspace. */
export type CleanStep =
  | { readonly kind: 'kept'; readonly path: string; readonly why: string }
  | { readonly kind: 'would-remove'; readonly path: string }
  /** What no stage makes any more, where that was not what is to go. */
  | { readonly kind: 'left-stale'; readonly paths: readonly string[] }
  /** Something of it may not be removed, or has changed meanwhile. */
  | { readonly kind: 'left-in-part'; readonly path: string }
  | { readonly kind: 'removed-stale'; readonly path: string; readonly isWhole: boolean }
  | {
      readonly kind: 'end';
      readonly count: number;
      readonly isStale: boolean;
      readonly isDry: boolean;
    };

type Tell = (step: CleanStep) => void;

/**
 * Removes from the workspace the outputs of targets that the cache can restore. What the user changed
 * stays.
 *
 * @returns whether all that was to go is gone
 * @throws {UserMistakes} where stages run in the workspace, and with what is wrong in the pipeline
 */
export async function cleanTargets(
  targets: readonly string[],
  options: CleanOptions,
  tell: Tell,
): Promise<boolean> {
  const isStale = options.stale === true;
  if (isStale && targets.length > 0) {
    const message = '--stale is about outputs that no stage makes any more: no target has them';
    throw badArgument('clean', message, { hint: 'leave the targets out' });
  }
  const isDry = options.dryRun === true;
  return withSession(options, targets, isDry ? {} : { writer: 'clean' }, async (session) => {
    refuseBesideRunning(session);
    const stale = await listStale(session, options).catch((error: unknown) => {
      // What another profile makes is not known where it has mistakes: then nothing is stale.
      if (isStale || !(error instanceof UserMistakes)) throw error;
      return [];
    });
    if (!isStale) return cleanOutputs(stale, session, isDry, tell);
    cleanStale(stale, session, isDry, tell);
    return true;
  });
}

function cleanOutputs(
  stale: readonly StaleOutput[],
  { root, layout, nodes, tools }: Session,
  isDry: boolean,
  tell: Tell,
): boolean {
  const standing = listStandingOutputs(nodes, layout, tools.results, tools.files);
  const going = standing.filter(({ keep }) => keep === null);
  for (const { path, keep } of standing) {
    if (keep !== null) tell({ kind: 'kept', path, why: keep });
    else if (isDry) tell({ kind: 'would-remove', path });
  }
  tell({ kind: 'left-stale', paths: stale.map(({ path }) => path) });
  const left = isDry ? [] : removeOutputs(going, root, tools);
  for (const path of left) tell({ kind: 'left-in-part', path });
  tell({ kind: 'end', count: going.length - left.length, isStale: false, isDry });
  return left.length === 0;
}

function cleanStale(
  stale: readonly StaleOutput[],
  { root, layout, context }: Session,
  isDry: boolean,
  tell: Tell,
): void {
  const gone = new Set<string>();
  for (const one of stale) {
    const { path } = one;
    if (isDry) {
      tell({ kind: 'would-remove', path });
      continue;
    }
    const isWhole = removeStale(one);
    gone.add(path);
    removeEmptyAbove(path, root);
    tell({ kind: 'removed-stale', path, isWhole });
  }
  if (gone.size > 0) new Placements(layout, context).forget(gone);
  tell({ kind: 'end', count: isDry ? stale.length : gone.size, isStale: true, isDry });
}

/** What runs of any profile have put in the workspace, or where the exploration stands, and no profile makes now. */
async function listStale(session: Session, options: CleanOptions): Promise<StaleOutput[]> {
  const { root, layout, graph, tools, context } = session;
  const nodes: GraphNode[] = [...graph.nodes.values()];
  const isOwn = openPlaceTest(session);
  const placements = new Placements(layout, context).all().filter(({ path }) => isOwn(path));
  if (listDropped(placements, listCurrent(nodes)).length === 0) return [];
  for (const profile of Object.keys(graph.spec.profiles)) {
    if (profile === graph.profile) continue;
    await withSession({ ...options, profile, set: [] }, [], {}, (other) => {
      nodes.push(...other.graph.nodes.values());
    });
  }
  const current = listCurrent(nodes);
  return findStale(listDropped(placements, current), current, root, tools);
}

/** Whether a path is where this exploration, or what is none, has its outputs. */
function openPlaceTest({ graph: { spec }, exploration }: Session): (path: string) => boolean {
  const own = findExplorationFolder(spec, exploration ?? undefined);
  if (exploration !== null) return (path) => own.ok && path.startsWith(own.value);
  const others = explorationsFolder(spec);
  return (path) => others === null || !path.startsWith(`${others}/`);
}

function refuseBesideRunning({ layout, tools }: Session): void {
  const [holder] = openLeases(layout, tools.environment).listHolders();
  if (holder === undefined) return;
  const who = `${holder.host}:${holder.pid}`;
  throw badArgument(
    'clean',
    `${who} is running stages in this workspace, which may read what would go`,
    { hint: 'run clean when it is done' },
  );
}
