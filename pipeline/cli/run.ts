import { availableParallelism } from 'node:os';
import { chooseReporter } from '../report/choose-reporter.ts';
import { combineReporters } from '../report/combine-reporters.ts';
import type { Reporter } from '../report/events.ts';
import type { RunCounts } from '../scheduler/run-nodes.ts';
import { removeOrphans } from '../system/owner.ts';
import { complainOfReporter, executeRun, openPool, type Program } from './execute-run.ts';
import { UserMistakes } from './mistakes.ts';
import { openWorkspace, type WorkspaceOptions } from './open-workspace.ts';
import { printPlan } from './print-plan.ts';
import { planTargets } from './status.ts';

/** Options of `pipeline run`. */
export interface RunCommandOptions extends WorkspaceOptions {
  readonly jobs?: string;
  readonly keepGoing?: boolean;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly offline?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/**
 * `pipeline run [targets]`.
 *
 * @returns the exit code: 0 done, 1 a stage failed, 130 interrupted
 */
export async function runCommand(
  targets: readonly string[],
  options: RunCommandOptions,
  program: Program,
): Promise<number> {
  const jobs = parseJobs(options.jobs);
  if (options.dryRun === true) {
    const plan = await planTargets(targets, options, options.force === true);
    printPlan(plan, options.json === true);
    return 0;
  }
  const workspace = await openWorkspace(options, targets);
  removeOrphans(workspace.layout.temporaryRoot, workspace.layout.owner);
  const console = openConsole(options);
  const interruption = watchSignals(console);
  try {
    const counts = await executeRun(workspace, {
      targets,
      pool: openPool(jobs),
      program,
      console,
      force: options.force === true,
      keepGoing: options.keepGoing === true,
      offline: options.offline === true,
      signal: interruption.signal,
    });
    return exitCode(counts, interruption.signal.aborted);
  } finally {
    console.close();
    interruption.dispose();
    workspace.close();
  }
}

function exitCode(counts: RunCounts, interrupted: boolean): number {
  if (interrupted) return 130;
  return counts.failed > 0 ? 1 : 0;
}

/** `--jobs`. @throws {UserMistakes} where it is no number of CPUs */
export function parseJobs(text: string | undefined): number {
  if (text === undefined || text === 'auto') return availableParallelism();
  const jobs = Number(text);
  if (Number.isInteger(jobs) && jobs > 0) return jobs;
  throw new UserMistakes(
    [
      {
        code: 'bad-argument',
        message: `"${text}" is no number of CPUs`,
        location: { file: '--jobs', line: 1, column: 1 },
        expected: `a whole number from 1, or auto (${availableParallelism()} on this machine)`,
      },
    ],
    new Map(),
  );
}

/** What people see of runs, as the options ask. */
export function openConsole(options: RunCommandOptions): Reporter {
  const console = chooseReporter({
    json: options.json === true,
    quiet: options.quiet === true,
    isTerminal: process.stdout.isTTY === true,
    env: process.env,
    stream: process.stdout,
  });
  return combineReporters([console], complainOfReporter);
}

/** The first Ctrl-C or SIGTERM stops the run in order; a second one ends the process at once. */
export function watchSignals(reporter: Reporter): { signal: AbortSignal; dispose: () => void } {
  const abort = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    if (abort.signal.aborted) process.exit(130);
    reporter.report({ type: 'run-interrupted', time: Date.now(), signal });
    abort.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: abort.signal,
    dispose: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
