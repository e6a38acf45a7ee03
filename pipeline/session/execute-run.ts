/**
 * One run of an opened workspace: its folder, its events, its nodes brought up to date, its end.
 */

import { join, relative } from 'node:path';
import { describeEarlierVersion, noteVersion } from '../cache/earlier-version.ts';
import { Placements } from '../cache/placements.ts';
import { noteUsage } from '../cache/usage.ts';
import type { Executor } from '../executor/executor.ts';
import type { UsageMeter } from '../executor/usage-meter.ts';
import type { ExplainTools } from '../explain/comparer.ts';
import { stageOf } from '../graph/node-name.ts';
import type { Graph } from '../graph/types.ts';
import type { Forced } from '../inspect/forced.ts';
import { openLeases } from '../lease/open-leases.ts';
import { combineReporters } from '../progress/combine-reporters.ts';
import { openEventLog } from '../progress/event-log.ts';
import type { Reporter, RunEvent } from '../progress/events.ts';
import { appendToFile } from '../progress/line-log.ts';
import { openMetricsLog } from '../progress/metrics-log.ts';
import type { TransferReport } from '../remote/open-remote.ts';
import type { RemoteSettings } from '../remote/remote-settings.ts';
import { openServices } from '../scheduler/open-services.ts';
import type { RunCounts } from '../scheduler/outcomes.ts';
import { RemoteResults } from '../scheduler/remote-results.ts';
import type { Run } from '../scheduler/run.ts';
import { runNodes } from '../scheduler/run-nodes.ts';
import { describeFault, stackFile } from '../system/fault.ts';
import { makeRunId } from '../system/run-id.ts';
import type { TrackerOptions } from '../track/choose-trackers.ts';
import { listCodeWarnings } from './code-warnings.ts';
import { findTrackers, formatTracker } from './find-trackers.ts';
import { LateTracking } from './late-tracking.ts';
import { lookForStale, wordStale } from './look-for-stale.ts';
import type { Session } from './open-session.ts';
import { findRemote, openShared } from './open-shared.ts';
import { tellLoad } from './tell-load.ts';
import { listNamedWarnings } from './tell-named.ts';
import type { TrackingNeeds } from './track-run.ts';
import { UserInterruption } from './user-interruption.ts';

/** Where a run is shown. */
export interface RunConsole extends Pick<Reporter, 'report'> {
  /** Told why a run cannot be logged in full any more, which does not stop it. */
  readonly complain: (error: unknown) => void;
  /** Asks the user for one of some keys; null where nobody can be asked. */
  readonly ask: (question: string, keys: readonly string[]) => Promise<string | null>;
}

/** What one run is told beyond its workspace. */
export interface RunRequest extends Pick<Run, 'settings' | 'pool' | 'signal' | 'carried'> {
  /** What the profile is about, for the user; null for its own description. */
  readonly notice: string | null;
  /** Not closed by the run, since others may follow. */
  readonly executor: Executor;
  /** Follows the stages that it runs. */
  readonly meter: UsageMeter;
  readonly version: string;
  /** What the arguments say of trackers; null where nothing of the run is to be tracked. */
  readonly trackers: TrackerOptions | null;
  /** Told everything; not closed either. */
  readonly console: RunConsole;
}

/**
 * Brings the nodes of a workspace up to date, in a run with a folder and an event log of its own.
 *
 * @throws {UserMistakes} for a remote cache that cannot be used as it is given
 * @throws what is no node's own fault: a system error where the folder of the run cannot be made
 */
export async function executeRun(session: Session, request: RunRequest): Promise<RunCounts> {
  const { graph, nodes, layout, tools, recall, history } = session;
  const { notice, executor, meter, version, trackers: asked, console, ...common } = request;
  const { targets, explain, recheck, force, audit } = common.settings;
  const shared = findRemote(session, common.settings.remote ?? {});
  const trackers = asked === null ? [] : await findTrackers(session, asked);
  const startedAt = Date.now();
  const runId = makeRunId(startedAt);
  const runFolder = layout.run(runId);
  const { complain } = console;
  const log = combineReporters(
    [
      openEventLog({ append: appendToFile(join(runFolder, 'events.jsonl')), complain }),
      openMetricsLog({ append: appendToFile(join(runFolder, 'metrics.jsonl')), complain }),
    ],
    complain,
  );
  let tracking: LateTracking | null = null;
  const report = (event: RunEvent) => {
    console.report(event);
    log.report(event);
    tracking?.report(event);
  };
  const load = tellLoad(meter, report, startedAt);
  const remote = shared === null ? null : openForRun(session, shared, report);
  const logInterruption = () => {
    const { reason } = request.signal;
    if (!(reason instanceof UserInterruption)) return;
    log.report({ type: 'run-interrupted', time: Date.now(), signal: reason.signal });
  };
  try {
    report({
      type: 'run-started',
      time: startedAt,
      runFolder: relative(session.root, runFolder),
      targets: targets.length > 0 ? targets : ['everything'],
      profile: graph.profile,
      notice: notice ?? (graph.spec.profiles[graph.profile]?.description || null),
      nodes: nodes.length,
      jobs: common.pool.jobs.most || common.pool.total.cpus,
      settings: session.settings,
      offline: common.settings.offline,
      trackers: trackers.map(formatTracker),
      ...(session.exploration === null ? {} : { as: session.exploration }),
      owner: layout.owner,
    });
    request.signal.addEventListener('abort', logInterruption, { once: true });
    for (const text of [audit.gap, describeEarlierVersion(layout, tools.results)]) {
      if (text !== null) report({ type: 'warning', time: Date.now(), node: null, text });
    }
    noteVersion(layout);
    for (const { node, text } of await listCodeWarnings(session)) {
      report({ type: 'warning', time: Date.now(), node, text });
    }
    // An audit sees what is read, and says it more exactly.
    const named = audit.commands ? [] : await listNamedWarnings(session);
    for (const { node, text } of named) {
      report({ type: 'warning', time: Date.now(), node, text });
    }
    const stale = wordStale(lookForStale(session));
    if (stale !== null) report({ type: 'warning', time: Date.now(), node: null, text: stale });
    const leases = openLeases(layout, tools.environment);
    if (trackers.length > 0)
      tracking = trackLater(session, {
        run: runId,
        trackers,
        isOffline: common.settings.offline,
        leases,
        report,
      });
    const run: Run = {
      ...common,
      id: runId,
      layout,
      graph,
      nodes,
      ignored: tools.ignored,
      told: new Map(named.map(({ node, paths }) => [stageOf(node), new Set(paths)])),
      explainer: explain ? await openExplainer(graph, { ...tools, history }, force) : null,
      services: openServices(
        {
          graph,
          layout,
          tools,
          history,
          memory: recall,
          remote,
          leases,
          placements: new Placements(layout, session.context),
          executor,
        },
        { run: runId, engine: `pipeline ${version}` },
        { now: Date.now, report, started: (work) => tracking?.begin(work) },
      ),
    };
    const { used, ...end } = await runNodes(run);
    let { counts } = end;
    await remote?.finish(run.signal);
    await tracking?.close(run.signal.aborted);
    if (recheck !== null && counts.failed === 0 && !run.signal.aborted) {
      const { recheckHits } = await import('../scheduler/recheck.ts');
      counts = { ...counts, failed: await recheckHits(run, recheck) };
    }
    const time = Date.now();
    let note: string | null = null;
    try {
      note = noteUsage(used, layout, time);
    } catch (error) {
      // Of use to garbage collection only, which keeps what is young anyway.
      const text = `what this run used is not noted: ${describeFault(error, stackFile(runFolder))}`;
      report({ type: 'warning', time, node: null, text });
    }
    report({
      type: 'run-finished',
      time,
      seconds: (time - startedAt) / 1000,
      ...counts,
      ...(note === null ? {} : { used: note }),
      ...load.total(),
    });
    return counts;
  } finally {
    request.signal.removeEventListener('abort', logInterruption);
    load.stop();
    remote?.close();
    // Where the run has failed: there is no time to wait for what trackers have not taken.
    await tracking?.close(true);
    log.close();
  }
}

/** Trackers of a run, which are loaded when a stage starts. */
function trackLater(session: Session, needs: TrackingNeeds): LateTracking {
  const warn = (text: string) =>
    needs.report({ type: 'warning', time: Date.now(), node: null, text });
  return new LateTracking(async () => {
    const { openTracking } = await import('./track-run.ts');
    return openTracking(session, needs);
  }, warn);
}

/** The remote cache of a run; it is opened when something is first asked of it. */
function openForRun(
  session: Session,
  settings: RemoteSettings,
  report: (event: RunEvent) => void,
): RemoteResults {
  const warn = (text: string) => report({ type: 'warning', time: Date.now(), node: null, text });
  const transfer = (told: TransferReport) =>
    report({ type: 'transfer', time: Date.now(), ...told });
  return new RemoteResults(settings, () => openShared(session, settings, { warn, transfer }));
}

async function openExplainer(graph: Graph, tools: ExplainTools, force: Forced) {
  const { explainRun } = await import('../explain/explain-run.ts');
  return explainRun(graph, tools, force);
}
