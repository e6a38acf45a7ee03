/** `run`, acting: targets → a pilot where one is asked for, the run, and what is told of it. */

import { existsSync } from 'node:fs';
import { openExecutor } from '../executor/open-executor.ts';
import { UsageMeter } from '../executor/usage-meter.ts';
import type { PipelineSpec } from '../pipeline-file/types.ts';
import type { SampleChoice } from '../scheduler/run-settings.ts';
import { removeOrphans } from '../system/owner.ts';
import type { TrackerOptions } from '../track/choose-trackers.ts';
import type { BudgetOptions } from './check-budget.ts';
import type { ExecutorOptions } from './cluster-options.ts';
import { executeRun, type RunConsole } from './execute-run.ts';
import { findTrackers } from './find-trackers.ts';
import { type Machine, type MachineOptions, openMachine, openPool } from './machine.ts';
import { badArgument, UserMistakes } from './mistakes.ts';
import { type AuditRequest, findUnseen, openAudit } from './open-audit.ts';
import type { Session, WorkspaceOptions } from './open-session.ts';
import { findRemote } from './open-shared.ts';
import type { ClusterNeeds, StagePlaces } from './open-slurm.ts';
import type { Program } from './program.ts';
import {
  type RecheckOptions,
  readForced,
  readSample,
  readSettings,
  type SettingOptions,
} from './read-settings.ts';
import { withSession } from './with-session.ts';

/** The arguments of a run. */
export interface RunTargetsOptions
  extends WorkspaceOptions,
    MachineOptions,
    AuditRequest,
    SettingOptions,
    RecheckOptions,
    TrackerOptions,
    ExecutorOptions,
    BudgetOptions {
  /** Try one node of each stage first, with the profile's pilot values. */
  readonly pilot?: boolean;
}

/** Has a run shown, and stopped by signals, for as long as `use` goes on. */
export type WithConsole = <T>(
  use: (console: RunConsole, signal: AbortSignal) => Promise<T>,
) => Promise<T>;

/** How a run has ended, and of what. */
export interface EndedRun {
  /** `pilot-failed`: nothing of the run itself was started. */
  readonly end: 'done' | 'failed' | 'pilot-failed' | 'interrupted';
  /** Absolute path of the workspace. */
  readonly root: string;
  readonly spec: PipelineSpec;
  readonly profile: string;
}

/** What a pilot says that other runs do not. */
const PILOT = {
  notice: 'a pilot with small values, one node of each stage; the run follows if it succeeds',
  failure: 'the pilot failed, so nothing of the run itself was started',
};

/** What runs of one command have in common. */
interface Common {
  readonly targets: readonly string[];
  readonly options: RunTargetsOptions;
  readonly machine: Machine;
  readonly program: Program;
  readonly withConsole: WithConsole;
}

/**
 * Brings targets up to date.
 *
 * @param targets none for everything
 * @param withConsole called for each run: the pilot is one of its own
 * @throws {UserMistakes} with what is wrong in the files and the arguments, before anything runs
 */
export async function runTargets(
  targets: readonly string[],
  options: RunTargetsOptions,
  program: Program,
  withConsole: WithConsole,
): Promise<EndedRun> {
  const recheck = readSample(options);
  if (recheck !== null && options.executor === 'slurm') throw refuseRecheck();
  const machine = openMachine(options);
  const common: Common = { targets, options, machine, program, withConsole };
  return withSession(options, targets, { writer: 'run' }, async (session) => {
    const { root, graph } = session;
    const about = { root, spec: graph.spec, profile: graph.profile };
    // What is wrong with it is told before anything runs.
    findRemote(session, options);
    await findTrackers(session, options);
    await refuseShortage(session, common);
    if (options.budget !== undefined) {
      const { refuseOverspending } = await import('./forecast-targets.ts');
      await refuseOverspending(session, targets, common);
    }
    if (options.pilot === true) {
      // The workspace of the run itself is open by now, so that its mistakes are told first.
      const how = { isPilot: true, writer: 'run --pilot' };
      const end = await withSession(options, targets, how, (pilot) => runPilot(pilot, common));
      if (end !== 'done') return { ...about, end };
    }
    return { ...about, end: await runSession(session, common, recheck) };
  });
}

/** @throws {UserMistakes} where a stage is certain to run that this machine has too few GPUs for */
async function refuseShortage(
  session: Session,
  { targets, options, machine }: Common,
): Promise<void> {
  if (session.graph.mostGpus <= machine.gpus.length) return;
  const { findGpuShortage } = await import('./check-gpus.ts');
  const isCluster = options.executor === 'slurm';
  const forced = readForced(options, session.graph, targets);
  const shortage = await findGpuShortage(session, machine, forced, isCluster);
  if (shortage.length > 0) throw new UserMistakes(shortage, { root: session.root });
}

async function runPilot(session: Session, common: Common): Promise<EndedRun['end']> {
  const end = await runSession(session, common, null, PILOT);
  return end === 'failed' ? 'pilot-failed' : end;
}

async function runSession(
  session: Session,
  { targets, options, machine, program, withConsole }: Common,
  recheck: SampleChoice | null,
  pilot: typeof PILOT | null = null,
): Promise<'done' | 'failed' | 'interrupted'> {
  const { graph, nodes, layout, tools } = session;
  const audit = await openAudit(options, nodes, tools.environment);
  if (audit.blind !== null) {
    const forced = readForced(options, graph, targets);
    const unseen = await findUnseen(session, audit.blind, forced);
    if (unseen.length > 0) throw new UserMistakes(unseen, { root: session.root });
  }
  removeOrphans(layout.temporaryRoot, layout.owner);
  return withConsole(async (console, signal) => {
    tellRestraint(machine, console);
    const force = readForced(options, graph, targets);
    const meter = new UsageMeter();
    const watching = { tracing: audit.tracing, meter };
    const local = openExecutor(program.workerPath, watching);
    // Whoever runs something follows the jobs that are at it already.
    const hasJobs = options.executor === 'slurm' || existsSync(layout.jobEntries);
    const places: StagePlaces = hasJobs
      ? await openCluster(session, { local, program, audit, console, signal, targets, options })
      : { executor: local, leave: () => {} };
    const { executor } = places;
    try {
      const { failed } = await executeRun(session, {
        notice: pilot?.notice ?? null,
        settings: readSettings(targets, options, { force, audit: audit.settings, recheck }),
        pool: openPool(machine, places.jobs),
        executor,
        meter,
        version: program.version,
        trackers: pilot === null ? options : null,
        console,
        signal,
        carried: null,
      });
      if (pilot !== null && failed > 0) warn(pilot.failure, console);
      return signal.aborted ? 'interrupted' : failed > 0 ? 'failed' : 'done';
    } finally {
      await executor.close();
      places.leave();
    }
  });
}

async function openCluster(session: Session, needs: ClusterNeeds): Promise<StagePlaces> {
  const { openStagePlaces } = await import('./open-slurm.ts');
  return openStagePlaces(session, needs);
}

function refuseRecheck(): UserMistakes {
  return badArgument('--recheck', 'what is made again to compare is made on this machine', {
    expected: '--recheck without --executor slurm, when all is done',
  });
}

/** Says where a run is slower than it was told to be. */
export function tellRestraint({ restraint }: Machine, console: RunConsole): void {
  if (restraint !== null) warn(restraint, console);
}

function warn(text: string, console: RunConsole): void {
  console.report({ type: 'warning', time: Date.now(), node: null, text });
}
