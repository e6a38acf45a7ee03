import { mkdirSync, readdirSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join, relative } from 'node:path';
import { LineageIndex } from '../cache/lineages.ts';
import { noteUsage } from '../cache/usage.ts';
import { LocalExecutor } from '../executor/local-executor.ts';
import type { Fingerprint } from '../fingerprint/record.ts';
import { openLeases } from '../lease/open-leases.ts';
import { chooseReporter } from '../report/choose-reporter.ts';
import { combineReporters } from '../report/combine-reporters.ts';
import { appendToFile, openEventLog } from '../report/event-log.ts';
import type { Reporter } from '../report/events.ts';
import type { RunCounts } from '../scheduler/outcomes.ts';
import { ResourcePool } from '../scheduler/resources.ts';
import type { RunTools } from '../scheduler/run-node.ts';
import { type RunOptions, runNodes } from '../scheduler/run-nodes.ts';
import { makeNonce } from '../system/files.ts';
import { removeOrphans } from '../system/owner.ts';
import { UserMistakes } from './mistakes.ts';
import { openWorkspace, type Workspace, type WorkspaceOptions } from './open-workspace.ts';
import { printPlan } from './print-plan.ts';
import { planTargets } from './status.ts';

/** Options of `pipeline run`. */
export interface RunCommandOptions extends WorkspaceOptions {
  readonly jobs?: string;
  readonly keepGoing?: boolean;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly offline?: boolean;
  readonly recheck?: string;
  readonly recheckSeed?: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** What the launcher knows: where the worker is, what this program is called. */
export interface Program {
  readonly workerPath: string;
  readonly version: string;
}

/** Share of the machine's memory that stages may reserve together. */
const MEMORY_SHARE = 0.9;

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
  const recheck = parseRecheck(options);
  if (options.dryRun === true) {
    const plan = await planTargets(targets, options, options.force === true);
    printPlan(plan, options.json === true);
    return 0;
  }
  const workspace = await openWorkspace(options, targets);
  return execute(workspace, targets, { jobs, recheck }, options, program);
}

async function execute(
  workspace: Workspace,
  targets: readonly string[],
  { jobs, recheck }: { jobs: number; recheck: Recheck | null },
  options: RunCommandOptions,
  program: Program,
): Promise<number> {
  const { graph, nodes, layout, tools } = workspace;
  const startedAt = Date.now();
  const runId = `${new Date(startedAt).toISOString().replace(/[:.]/g, '-')}-${makeNonce().slice(0, 6)}`;
  const runFolder = layout.run(runId);
  mkdirSync(runFolder, { recursive: true });
  removeOrphans(layout.temporaryRoot, layout.owner);
  const reporter = openReporters(options, runFolder);
  const interruption = watchSignals(reporter);
  try {
    reporter.report({
      type: 'run-started',
      time: startedAt,
      runFolder: relative(workspace.path, runFolder),
      targets: targets.length > 0 ? targets : ['everything'],
      profile: graph.profile,
      notice: graph.spec.profiles[graph.profile]?.description || null,
      nodes: nodes.length,
      jobs,
    });
    const used: Fingerprint[] = [];
    const pool = new ResourcePool({
      cpus: jobs,
      memoryBytes: totalmem() * MEMORY_SHARE,
      gpus: countGpus(),
    });
    const runOptions: RunOptions = {
      runId,
      runFolder,
      force: options.force === true,
      keepGoing: options.keepGoing === true,
      offline: options.offline === true,
      signal: interruption.signal,
      report: (event) => reporter.report(event),
      noteResult: (fingerprint) => used.push(fingerprint),
    };
    const runTools: RunTools = {
      ...tools,
      layout,
      lineages: new LineageIndex(layout, tools.actions),
      leases: openLeases(layout, tools.environment),
      executor: new LocalExecutor(program.workerPath),
      now: Date.now,
      engine: `pipeline ${program.version}`,
    };
    let counts = await runNodes(graph, nodes, pool, runOptions, runTools);
    if (recheck !== null && counts.failed === 0 && !interruption.signal.aborted) {
      const { recheckHits } = await import('../scheduler/recheck.ts');
      const faults = await recheckHits(graph, nodes, recheck, pool, runOptions, runTools);
      counts = { ...counts, failed: faults };
    }
    const time = Date.now();
    reporter.report({ type: 'run-finished', time, seconds: (time - startedAt) / 1000, ...counts });
    noteUsage(used, layout, time);
    return exitCode(counts, interruption.signal.aborted);
  } finally {
    reporter.close();
    interruption.dispose();
    workspace.close();
  }
}

function exitCode(counts: RunCounts, interrupted: boolean): number {
  if (interrupted) return 130;
  return counts.failed > 0 ? 1 : 0;
}

function parseJobs(text: string | undefined): number {
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

/** Which hits to make again, and how many of them. */
interface Recheck {
  readonly share: number;
  readonly seed: string;
}

function parseRecheck({ recheck, recheckSeed = '0' }: RunCommandOptions): Recheck | null {
  if (recheck === undefined) return null;
  const share = Number(recheck);
  if (share > 0 && share <= 1) return { share, seed: recheckSeed };
  throw new UserMistakes(
    [
      {
        code: 'bad-argument',
        message: `"${recheck}" is no share of the cached results`,
        location: { file: '--recheck', line: 1, column: 1 },
        expected: 'a number above 0 and up to 1, such as 0.05',
      },
    ],
    new Map(),
  );
}

function openReporters(options: RunCommandOptions, runFolder: string): Reporter {
  const console = chooseReporter({
    json: options.json === true,
    quiet: options.quiet === true,
    isTerminal: process.stdout.isTTY === true,
    env: process.env,
    stream: process.stdout,
  });
  const complain = (error: unknown) => {
    process.stderr.write(`pipeline: this run is not reported in full: ${String(error)}\n`);
  };
  const log = openEventLog({ append: appendToFile(join(runFolder, 'events.jsonl')), complain });
  return combineReporters([console, log], complain);
}

/** The first Ctrl-C or SIGTERM stops the run in order; a second one ends the process at once. */
function watchSignals(reporter: Reporter): { signal: AbortSignal; dispose: () => void } {
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

/** NVIDIA devices of this machine, by their device files. */
function countGpus(): number {
  try {
    return readdirSync('/dev').filter((name) => /^nvidia\d+$/.test(name)).length;
  } catch {
    return 0;
  }
}
