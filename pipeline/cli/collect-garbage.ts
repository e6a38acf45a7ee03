import { accessSync, constants, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { chooseGarbage, type Garbage } from '../cache/choose-garbage.ts';
import {
  type Leftover,
  listLeftovers,
  readCodeRoots,
  readStoredResults,
} from '../cache/collect.ts';
import { listOutdatedRecords, noteVersion } from '../cache/earlier-version.ts';
import { pruneHistories } from '../cache/history.ts';
import { listFolder, listObjects } from '../cache/inventory.ts';
import { type Failures, removeGarbage, removeLeftovers } from '../cache/remove-garbage.ts';
import { readUsage } from '../cache/usage.ts';
import type { Fingerprint } from '../fingerprint/record.ts';
import { planNodes } from '../inspect/plan.ts';
import type { Leases } from '../lease/leases.ts';
import { openLeases } from '../lease/open-leases.ts';
import { locateArgument, type Result } from '../pipeline-file/diagnostic.ts';
import { countOf } from '../progress/units.ts';
import type { Program } from '../session/execute-run.ts';
import { UserMistakes } from '../session/mistakes.ts';
import { openSession, type Session } from '../session/open-session.ts';
import type { StateLayout } from '../system/layout.ts';
import { ownerState } from '../system/owner.ts';
import type { CacheOptions } from './cache.ts';
import { formatSize, parseBytes } from './sizes.ts';

/** Options of `pipeline cache gc`. */
export interface CollectOptions extends CacheOptions {
  readonly days?: string;
  readonly size?: string;
  readonly dryRun?: boolean;
}

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const DEFAULT_DAYS = 30;
/** Younger than this is kept beside running processes, whatever the clocks of their hosts say. */
const GRACE_MS = HOUR_MS;
/** A temporary folder of another host may be in use for this long after its last change. */
const FOREIGN_MS = 7 * DAY_MS;

/** `pipeline cache gc`: removes what is no longer of use. @returns the exit code */
export async function collectGarbageCommand(
  options: CollectOptions,
  program: Pick<Program, 'workerPath'>,
): Promise<number> {
  const { days, limit } = parseOptions(options);
  const { layout, needed, undecided, close } = await findNeeded(options);
  const leases = openLeases(layout, process.env);
  const now = Date.now();
  const usedSince = now - days * DAY_MS;
  const freshSince = Math.min(now, ...findLiveStarts(layout, leases, now)) - GRACE_MS;
  const { actions: results } = needed;
  const chosen = chooseGarbage(
    {
      results: readStoredResults(layout, results),
      objects: listObjects(layout),
      needed: needed.fingerprints,
      undecided,
      roots: readCodeRoots(layout),
      usage: readUsage(layout, now),
    },
    { usedSince, freshSince, limit },
  );
  const outdated = listOutdatedRecords(layout, results).map((file) => ({
    ...file,
    node: 'of an earlier version',
    objects: [],
  }));
  const garbage = { ...chosen, results: [...chosen.results, ...outdated] };
  const buildFolder = program.workerPath === null ? null : dirname(program.workerPath);
  const leftovers = listLeftovers(layout, {
    usedSince,
    freshSince,
    isAtWork: (fingerprint) => leases.isRunningElsewhere(fingerprint) !== null,
    isOwned: (name) => isOwned(name, layout, now),
    builds:
      buildFolder === null || !mayChange(dirname(buildFolder))
        ? null
        : { folder: dirname(buildFolder), current: basename(buildFolder) },
  });
  const failures: Failures = [];
  if (options.dryRun !== true) {
    leases.removeOrphans();
    removeGarbage(garbage, layout, failures);
    noteVersion(layout);
    removeLeftovers(leftovers, layout, leases, failures);
    pruneHistories(layout, Math.min(usedSince, freshSince));
  }
  close();
  printCollection(garbage, leftovers, options);
  return tellFailures(failures);
}

/** The program may be installed by someone else, who looks after it. */
function mayChange(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** How many things that could not be removed are named. */
const MOST_NAMED = 10;

/** Tells what could not be removed. @returns the exit code */
function tellFailures(failures: Failures): number {
  if (failures.length === 0) return 0;
  const named = failures.slice(0, MOST_NAMED).map((failure) => `  ${failure}\n`);
  const count = countOf(failures.length, 'thing');
  process.stderr.write(`${count} of these could not be removed:\n${named.join('')}`);
  return 1;
}

function parseOptions(options: CollectOptions): { days: number; limit: number | null } {
  const days = options.days === undefined ? DEFAULT_DAYS : Number(options.days);
  const size: Result<number | null> =
    options.size === undefined ? { ok: true, value: null } : parseBytes('--size', options.size);
  const mistakes = size.ok ? [] : [...size.diagnostics];
  if (!(days >= 0)) {
    mistakes.push({
      code: 'bad-argument',
      message: `"${options.days}" is no number of days`,
      location: locateArgument('--days'),
      expected: `a number from 0 (default ${DEFAULT_DAYS})`,
    });
  }
  if (!size.ok || mistakes.length > 0) throw new UserMistakes(mistakes, new Map());
  return { days, limit: size.value };
}

/**
 * What the pipeline has now in each of its profiles. Where one has mistakes nothing is collected,
 * because what it needs is not known.
 */
async function findNeeded(options: CollectOptions): Promise<{
  layout: StateLayout;
  needed: { fingerprints: Set<Fingerprint>; actions: Session['tools']['results'] };
  undecided: Set<string>;
  close: () => void;
}> {
  const first = await openSession(
    options,
    [],
    options.dryRun === true ? {} : { writer: 'cache gc' },
  );
  const fingerprints = new Set<Fingerprint>();
  const undecided = new Set<string>();
  for (const profile of Object.keys(first.graph.spec.profiles)) {
    if (profile === first.graph.profile) continue;
    const session = await openSession({ ...options, profile }, []);
    await addNeeded(session, fingerprints, undecided);
    session.close();
  }
  await addNeeded(first, fingerprints, undecided);
  const { layout, tools, close } = first;
  return { layout, needed: { fingerprints, actions: tools.results }, undecided, close };
}

async function addNeeded(
  { graph, nodes, tools }: Session,
  fingerprints: Set<Fingerprint>,
  undecided: Set<string>,
): Promise<void> {
  const plan = await planNodes(graph, nodes, tools, false);
  for (const { node, state, inspection } of plan.nodes) {
    // What runs may go on from a shorter result of its own.
    if (inspection !== null) fingerprints.add(inspection.fingerprint);
    if (inspection === null || (state === 'run' && node.stage.extends !== null)) {
      undecided.add(node.id);
    }
  }
  const planned = new Set(plan.nodes.map(({ node }) => node.id));
  for (const { id } of nodes) if (!planned.has(id)) undecided.add(id);
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

function printCollection(
  { results, objects }: Garbage,
  leftovers: readonly Leftover[],
  { dryRun, json }: CollectOptions,
): void {
  const bytes = objects.reduce((sum, { size }) => sum + size, 0);
  if (json === true) {
    const summary = { results: results.length, objects: objects.length, bytes, leftovers };
    process.stdout.write(`${JSON.stringify({ dryRun: dryRun === true, ...summary })}\n`);
    return;
  }
  if (dryRun === true) {
    for (const { node, name } of results) {
      process.stdout.write(`result ${node} (${name.slice(0, 12)})\n`);
    }
    for (const { what, path } of leftovers) process.stdout.write(`${what} ${path}\n`);
  }
  const counts = new Map<string, number>();
  for (const { what } of leftovers) counts.set(what, (counts.get(what) ?? 0) + 1);
  const parts = [
    countOf(results.length, 'result'),
    `${countOf(objects.length, 'object')} (${formatSize(bytes)})`,
    ...[...counts].map(([what, count]) => `${count} ${what}`),
  ];
  const verb = dryRun === true ? 'would remove' : 'removed';
  process.stdout.write(`${verb} ${parts.join(', ')}\n`);
}
