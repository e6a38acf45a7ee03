/**
 * `cache gc`, acting: what all profiles need → what is chosen and removed, under everyone's leases.
 */

import { accessSync, constants, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { chooseGarbage, type Garbage, type StoredResult } from '../cache/choose-garbage.ts';
import {
  type Leftover,
  listLeftovers,
  readCodeRoots,
  readStoredResults,
} from '../cache/collect.ts';
import { listOutdatedRecords, noteVersion } from '../cache/earlier-version.ts';
import { pruneHistories } from '../cache/history.ts';
import { listFolder, listObjects } from '../cache/inventory.ts';
import { hashNode } from '../cache/read-sets.ts';
import { type Failures, removeGarbage, removeLeftovers } from '../cache/remove-garbage.ts';
import { readUsage } from '../cache/usage.ts';
import type { Graph } from '../graph/types.ts';
import type { Leases } from '../lease/leases.ts';
import { openLeases } from '../lease/open-leases.ts';
import type { StateLayout } from '../system/layout.ts';
import { ownerState } from '../system/owner.ts';
import { findNeeded } from './find-needed.ts';
import type { WorkspaceOptions } from './open-session.ts';
import type { Program } from './program.ts';
import { withSession } from './with-session.ts';

/** What is to be kept although nothing needs it. */
export interface CollectPolicy {
  /** What was used in so many days before now. */
  readonly days: number;
  /** At most so many bytes of it; null without a limit. */
  readonly limit: number | null;
  /** Remove nothing. */
  readonly isDry: boolean;
}

/** What was collected, or would be. */
export interface Collection extends Garbage {
  readonly leftovers: readonly Leftover[];
  /** What could not be removed, and why, in words. */
  readonly failures: Failures;
}

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
/** Younger than this is kept beside running processes, whatever the clocks of their hosts say. */
const GRACE_MS = HOUR_MS;
/** A temporary folder of another host may be in use for this long after its last change. */
const FOREIGN_MS = 7 * DAY_MS;

/**
 * Removes what no profile needs and nobody used lately: results, objects, and what processes that are
 * gone have left behind. Where a profile has mistakes nothing is collected, because what it needs is
 * not known.
 *
 * @throws {UserMistakes} with what is wrong in any profile
 */
export function collectGarbage(
  options: Pick<WorkspaceOptions, 'directory'>,
  { days, limit, isDry }: CollectPolicy,
  { workerPath }: Pick<Program, 'workerPath'>,
): Promise<Collection> {
  return withSession(options, [], isDry ? {} : { writer: 'cache gc' }, async (session) => {
    const { layout, tools } = session;
    const { fingerprints, undecided } = await findNeeded(session, options);
    const leases = openLeases(layout, tools.environment);
    const now = Date.now();
    const usedSince = now - days * DAY_MS;
    const freshSince = Math.min(now, ...findLiveStarts(layout, leases, now)) - GRACE_MS;
    const stored = readStoredResults(layout, tools.results);
    const chosen = chooseGarbage(
      {
        results: stored,
        objects: listObjects(layout),
        needed: fingerprints,
        undecided,
        roots: readCodeRoots(layout),
        usage: readUsage(layout, now),
      },
      { usedSince, freshSince, limit },
    );
    const outdated = listOutdatedRecords(layout, tools.results).map((file) => ({
      ...file,
      node: 'of an earlier version',
      declared: null,
      objects: [],
    }));
    const garbage = { ...chosen, results: [...chosen.results, ...outdated] };
    const leftovers = listLeftovers(layout, {
      usedSince,
      freshSince,
      isAtWork: (fingerprint) => leases.isRunningElsewhere(fingerprint) !== null,
      readings: listReadings(stored, chosen, session.graph),
      isOwned: (name) => isOwned(name, layout, now),
      builds: findBuilds(workerPath),
    });
    const failures: Failures = [];
    if (!isDry) {
      leases.removeOrphans();
      await removeGarbage(garbage, layout, failures);
      noteVersion(layout);
      await removeLeftovers(leftovers, layout, leases, failures);
      pruneHistories(layout, Math.min(usedSince, freshSince));
    }
    return { ...garbage, leftovers, failures };
  });
}

/** The readings by which results that stay are found, and those by which nodes are watched. */
function listReadings(
  stored: readonly StoredResult[],
  { results: gone }: Garbage,
  { nodes }: Graph,
): ReadonlySet<string> {
  const names = new Set(gone.map(({ name }) => name));
  const kept = stored.flatMap(({ name, declared }) => (names.has(name) ? [] : (declared ?? [])));
  const finding = [...nodes.values()].filter(({ findsInputs }) => findsInputs);
  return new Set([...kept, ...finding.map(({ id }) => hashNode(id))]);
}

/** Where compiled programs are; null where someone else has installed this one, and looks after it. */
function findBuilds(workerPath: string | null): { folder: string; current: string } | null {
  if (workerPath === null) return null;
  const build = dirname(workerPath);
  const folder = dirname(build);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return { folder, current: basename(build) };
  } catch {
    return null;
  }
}

/** When the processes started that may be at work now. */
function findLiveStarts(layout: StateLayout, leases: Leases, now: number): number[] {
  const holders = leases.listHolders().map(({ since }) => Date.parse(since));
  const owners = listFolder(layout.temporaryRoot)
    .filter((name) => name !== layout.owner && isOwned(name, layout, now))
    .map((name) => statSync(join(layout.temporaryRoot, name), { throwIfNoEntry: false }))
    .map((stats) =>
      stats === undefined ? now : Math.min(stats.birthtimeMs || now, stats.mtimeMs),
    );
  return [...holders, ...owners].filter(Number.isFinite);
}

function isOwned(name: string, layout: StateLayout, now: number): boolean {
  const state = ownerState(name, layout.owner);
  if (state !== 'unknown') return state === 'alive';
  const path = join(layout.temporaryRoot, name);
  return (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= now - FOREIGN_MS;
}
