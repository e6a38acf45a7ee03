/** `--executor slurm` and what goes with it → the executor of a run, and how many jobs it may have. */

import type { Json } from '../contract/values.ts';
import type { Executor, Tracing } from '../executor/executor.ts';
import type { Diagnostic } from '../pipeline-file/diagnostic.ts';
import type { PipelineSpec, StageSpec } from '../pipeline-file/types.ts';
import type { JobPlaces } from '../scheduler/resources.ts';
import { refuseOption } from '../slurm/ask-for.ts';
import { forgetRun, keepRun, listDetachedRuns } from '../slurm/detached-runs.ts';
import { JobsLayout } from '../slurm/jobs-layout.ts';
import { JobJournal } from '../slurm/journal.ts';
import { keepProgram } from '../slurm/keep-program.ts';
import { openSlurmExecutor } from '../slurm/open-slurm-executor.ts';
import { SlurmClient } from '../slurm/slurm-client.ts';
import { makeSlurmEnvironment } from '../slurm/slurm-environment.ts';
import type { OnInterrupt, SlurmExecutor } from '../slurm/slurm-executor.ts';
import { ownerState } from '../system/owner.ts';
import { becomesJob, type ExecutorOptions, readJobOptions } from './cluster-options.ts';
import type { RunConsole } from './execute-run.ts';
import type { MachineOptions } from './machine.ts';
import { badArgument, UserMistakes } from './mistakes.ts';
import type { Audit } from './open-audit.ts';
import type { Session, WorkspaceOptions } from './open-session.ts';
import type { Program } from './program.ts';
import type { SettingOptions } from './read-settings.ts';

/** Of the arguments of a run those that its jobs are concerned with. */
type ClusterOptions = ExecutorOptions & WorkspaceOptions & MachineOptions & SettingOptions;

/** Where the stages of a run run. */
export interface StagePlaces {
  readonly executor: Executor;
  /** Absent where no stage becomes a job. */
  readonly jobs?: JobPlaces;
  /** Called when the run is over. */
  readonly leave: () => void;
}

/** What a cluster's executor needs of the run. */
export interface ClusterNeeds {
  readonly local: Executor;
  readonly program: Program;
  readonly audit: Pick<Audit, 'tracing'>;
  readonly console: RunConsole;
  readonly signal: AbortSignal;
  readonly targets: readonly string[];
  readonly options: ClusterOptions;
}

/**
 * The executor of a run that submits jobs, or finds some.
 *
 * @throws {UserMistakes} for options that cannot be taken, and where Slurm does not answer
 */
export async function openStagePlaces(session: Session, needs: ClusterNeeds): Promise<StagePlaces> {
  const { local, program, options } = needs;
  const { layout, tools, graph } = session;
  const isAsked = options.executor === 'slurm';
  const overrides = readJobOptions(options.slurm ?? []);
  const client = new SlurmClient(makeSlurmEnvironment(tools.environment), (said) => {
    const text = `Slurm does not answer (${said}); it is asked again, less and less often, and its jobs go on meanwhile`;
    needs.console.report({ type: 'warning', time: Date.now(), node: null, text });
  });
  if (isAsked) await refuseUnfit(session, program, client);
  const isJob = (stage: StageSpec) => isAsked && becomesJob(stage);
  const jobs = new JobsLayout(layout);
  const journal = new JobJournal(layout);
  dropFinished(journal, session);
  if (isAsked) noteRun(session, needs);
  let cluster: SlurmExecutor | undefined;
  const load = async () => {
    const { SlurmExecutor } = await import('../slurm/slurm-executor.ts');
    cluster = new SlurmExecutor({
      layout,
      journal,
      client,
      spec: graph.spec.slurm,
      overrides,
      program: keepProgram(program.workerPath, jobs),
      packages: import.meta.url,
      traces: readTraces(needs.audit.tracing),
      signal: needs.signal,
      decide: () => decide(needs),
    });
    return { executor: cluster, journal };
  };
  const executor = openSlurmExecutor({ local, jobs, isJob, load });
  const leave = () => {
    if (isAsked && cluster?.hasLeft !== true) forgetRun(layout.owner, layout);
  };
  return {
    executor,
    leave,
    ...(isAsked ? { jobs: { most: graph.spec.slurm.queued, isJob } } : {}),
  };
}

/** @throws {UserMistakes} where jobs cannot be submitted */
async function refuseUnfit(session: Session, program: Program, client: SlurmClient): Promise<void> {
  const mistakes = listReserved(session.graph.spec);
  if (mistakes.length > 0) throw new UserMistakes(mistakes, { root: session.root });
  if (program.workerPath === null) throw refuseWithoutFolder();
  await client.describe().catch((error: unknown) => {
    throw refuseSilence(error);
  });
}

/** Forgets jobs whose result has been published by a process that died before it could say so. */
function dropFinished(journal: JobJournal, { tools }: Session): void {
  for (const entry of journal.list()) {
    if (tools.results.read(entry.fingerprint).result !== null) journal.drop(entry);
  }
}

/** Notes what this run was asked for; what was noted of one like it that is gone, it takes over. */
function noteRun({ layout }: Session, { targets, options }: ClusterNeeds): void {
  const run = {
    owner: layout.owner,
    startedAt: Date.now(),
    targets,
    options: pickOptions(options),
  };
  const like = JSON.stringify([run.targets, run.options]);
  for (const other of listDetachedRuns(layout)) {
    const isLike = JSON.stringify([other.targets, other.options]) === like;
    if (isLike && ownerState(other.owner, layout.owner) === 'gone') forgetRun(other.owner, layout);
  }
  keepRun(run, layout);
}

/** Of the options of a run those that decide what is made, where and how. */
function pickOptions({ profile, set, as, keepGoing, offline, slurm, jobs, gpus }: ClusterOptions) {
  const all = { profile, set, as, keepGoing, offline, slurm, jobs, gpus };
  const given = Object.entries(all).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Readonly<Record<string, Json>>;
}

function readTraces({ tracer, all }: Tracing): 'all' | 'finding' | 'none' {
  if (tracer === null) return 'none';
  return all ? 'all' : 'finding';
}

const QUESTION =
  'jobs go on in Slurm without this process: press d, or Ctrl-C again, to leave them (`pipeline attach` follows them), c to cancel them';

/** What becomes of jobs of a run that is interrupted: left alone but where the user wants them gone. */
async function decide({ options, console }: ClusterNeeds): Promise<OnInterrupt> {
  if (options.onInterrupt !== undefined) return options.onInterrupt;
  return (await console.ask(QUESTION, ['d', 'c'])) === 'c' ? 'cancel' : 'detach';
}

/** Options in `pipeline.yaml` that the engine sets by itself. */
function listReserved({ slurm, stages, source }: PipelineSpec): Diagnostic[] {
  const places = [
    { path: ['slurm', 'options'], options: slurm.job.options },
    ...Object.entries(stages).map(([name, stage]) => {
      return { path: ['stages', name, 'slurm', 'options'], options: stage.slurm.options };
    }),
  ];
  return places.flatMap(({ path, options }) =>
    Object.keys(options).flatMap((name): Diagnostic[] => {
      const refusal = refuseOption(name);
      if (refusal === null) return [];
      const location = source.locateKey([...path, name]);
      return [{ code: 'wrong-value', location, expected: 'other options of sbatch', ...refusal }];
    }),
  );
}

function refuseWithoutFolder(): UserMistakes {
  return badArgument('--executor slurm', 'the program found no folder to keep its worker in', {
    expected: 'XDG_CACHE_HOME to be a folder that you may write',
  });
}

function refuseSilence(error: unknown): UserMistakes {
  const said = error instanceof Error ? error.message : String(error);
  return badArgument('--executor slurm', `Slurm does not answer: ${said}`, {
    expected: 'a host from which scontrol, sbatch, squeue and scancel reach the cluster',
  });
}
