import { openExecutor } from '../executor/open-executor.ts';
import { locateArgument } from '../pipeline-file/diagnostic.ts';
import { chooseReporter } from '../progress/choose-reporter.ts';
import { combineReporters } from '../progress/combine-reporters.ts';
import type { Reporter } from '../progress/events.ts';
import type { RunCounts } from '../scheduler/outcomes.ts';
import type { RunSettings, SampleChoice } from '../scheduler/run-settings.ts';
import { complainOfReporter, executeRun, type Program } from '../session/execute-run.ts';
import {
  type Machine,
  type MachineOptions,
  openMachine,
  openResources,
} from '../session/machine.ts';
import { UserMistakes } from '../session/mistakes.ts';
import { type AuditRequest, openAudit } from '../session/open-audit.ts';
import { openSession, type Session, type WorkspaceOptions } from '../session/open-session.ts';
import { readForced } from '../session/read-forced.ts';
import { removeOrphans } from '../system/owner.ts';
import { watchBugs, watchSignals } from './watch-signals.ts';
import type { CommandHost } from './workspace-command.ts';

/** Options of `pipeline run`. */
export interface RunCommandOptions extends WorkspaceOptions, MachineOptions, AuditRequest {
  readonly keepGoing?: boolean;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly forceTargets?: boolean;
  readonly explain?: boolean;
  readonly offline?: boolean;
  readonly recheck?: string;
  readonly recheckSeed?: string;
  readonly pilot?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** What a pilot says that other runs do not. */
interface PilotWords {
  readonly notice: string;
  readonly failure: string;
}

const PILOT: PilotWords = {
  notice: 'a pilot with small values, one node of each stage; the run follows if it succeeds',
  failure: 'the pilot failed, so nothing of the run itself was started',
};

/**
 * `pipeline run [targets]`, and the commands that follow it.
 *
 * @param host what commands of the workspace that follow the run need
 * @returns the exit code: 0 done, 1 a stage failed, 130 interrupted
 */
export async function runCommand(
  targets: readonly string[],
  options: RunCommandOptions,
  program: Program,
  host: CommandHost,
): Promise<number> {
  const recheck = parseRecheck(options);
  if (options.dryRun === true) {
    const { planCommand } = await import('./plan.ts');
    return planCommand(targets, options);
  }
  const machine = openMachine(options);
  const session = await openSession(options, targets, { writer: 'run' });
  let code: number;
  try {
    if (session.graph.mostGpus > machine.gpus.length) {
      const { findGpuShortage } = await import('../session/check-gpus.ts');
      const forced = readForced(options, session.graph, targets);
      const shortage = await findGpuShortage(session, machine, forced);
      if (shortage.length > 0) throw new UserMistakes(shortage, new Map(), session.root);
    }
    if (options.pilot === true) {
      const piloted = await runPilot(targets, machine, options, program);
      if (piloted !== 0) return piloted;
    }
    code = await execute(session, targets, { machine, recheck, pilot: null }, options, program);
  } finally {
    session.close();
  }
  if (code === 130) return code;
  const followed = await follow(session, targets, options, host);
  return code === 0 ? followed : code;
}

/** Runs the commands that follow a run: after a failure too, for they may tell of it. */
async function follow(
  { root, graph }: Session,
  targets: readonly string[],
  options: RunCommandOptions,
  host: CommandHost,
): Promise<number> {
  const { spec, profile } = graph;
  if (Object.values(spec.commands).every(({ after }) => after.length === 0)) return 0;
  const { runFollowers } = await import('./workspace-command.ts');
  const settings = options.set ?? [];
  const quiet = options.json === true || options.quiet === true;
  return runFollowers({ workspace: root, spec, profile, settings, targets, quiet }, host);
}

/** The workspace of the run itself is open by now, so that its mistakes are told first. */
async function runPilot(
  targets: readonly string[],
  machine: Machine,
  options: RunCommandOptions,
  program: Program,
): Promise<number> {
  const session = await openSession(options, targets, { isPilot: true, writer: 'run --pilot' });
  try {
    const way = { machine, recheck: null, pilot: PILOT };
    return await execute(session, targets, way, options, program);
  } finally {
    session.close();
  }
}

/** How a run is gone about. */
interface RunWay {
  readonly machine: Machine;
  readonly recheck: SampleChoice | null;
  readonly pilot: PilotWords | null;
}

async function execute(
  session: Session,
  targets: readonly string[],
  { machine, recheck, pilot }: RunWay,
  options: RunCommandOptions,
  program: Program,
): Promise<number> {
  const audit = await openAudit(options, session.nodes, session.tools.environment);
  removeOrphans(session.layout.temporaryRoot, session.layout.owner);
  const console = openConsole(options);
  const interruption = watchSignals(console);
  const leaveBugs = watchBugs();
  tellRestraint(machine, console);
  const executor = openExecutor(program.workerPath, audit.tracer);
  try {
    const counts = await executeRun(session, {
      notice: pilot?.notice ?? null,
      settings: {
        ...readWishes(options),
        targets,
        force: readForced(options, session.graph, targets),
        audit: audit.settings,
        recheck,
      },
      ...openResources(machine),
      executor,
      version: program.version,
      console,
      signal: interruption.signal,
    });
    if (pilot !== null && counts.failed > 0) {
      console.report({ type: 'warning', time: Date.now(), node: null, text: pilot.failure });
    }
    return exitCode(counts, interruption.signal.aborted);
  } finally {
    await executor.close();
    console.close();
    interruption.dispose();
    leaveBugs();
  }
}

/** Says where a run is slower than it was told to be. */
export function tellRestraint({ restraint }: Machine, { report }: Pick<Reporter, 'report'>): void {
  if (restraint === null) return;
  report({ type: 'warning', time: Date.now(), node: null, text: restraint });
}

/** What `run` and `watch` are asked for alike. */
export function readWishes(
  options: RunCommandOptions,
): Pick<RunSettings, 'explain' | 'force' | 'keepGoing' | 'offline'> {
  return {
    explain: options.explain === true,
    force: options.force === true,
    keepGoing: options.keepGoing === true,
    offline: options.offline === true,
  };
}

function exitCode(counts: RunCounts, interrupted: boolean): number {
  if (interrupted) return 130;
  return counts.failed > 0 ? 1 : 0;
}

function parseRecheck({ recheck, recheckSeed = '0' }: RunCommandOptions): SampleChoice | null {
  if (recheck === undefined) return null;
  const share = Number(recheck);
  if (share > 0 && share <= 1) return { share, seed: recheckSeed };
  throw new UserMistakes(
    [
      {
        code: 'bad-argument',
        message: `"${recheck}" is no share of the cached results`,
        location: locateArgument('--recheck'),
        expected: 'a number above 0 and up to 1, such as 0.05',
      },
    ],
    new Map(),
  );
}

/** Where the events of runs are shown, as the options ask. */
export function openConsole(options: {
  readonly json?: boolean;
  readonly quiet?: boolean;
}): Reporter {
  const console = chooseReporter({
    json: options.json === true,
    quiet: options.quiet === true,
    isTerminal: process.stdout.isTTY === true,
    env: process.env,
    stream: process.stdout,
  });
  return combineReporters([console], complainOfReporter);
}
