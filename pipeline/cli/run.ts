import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { RunHistory } from '../cache/history.ts';
import { LineageIndex } from '../cache/lineages.ts';
import { noteUsage } from '../cache/usage.ts';
import { openExecutor } from '../executor/open-executor.ts';
import type { ExplainTools } from '../explain/comparer.ts';
import type { Fingerprint } from '../fingerprint/record.ts';
import type { Graph } from '../graph/types.ts';
import { openLeases } from '../lease/open-leases.ts';
import { chooseReporter } from '../report/choose-reporter.ts';
import { combineReporters } from '../report/combine-reporters.ts';
import { appendToFile, openEventLog } from '../report/event-log.ts';
import type { Reporter } from '../report/events.ts';
import type { RunCounts } from '../scheduler/outcomes.ts';
import type { RunTools } from '../scheduler/run-node.ts';
import { type RunOptions, runNodes } from '../scheduler/run-nodes.ts';
import { makeNonce } from '../system/files.ts';
import { removeOrphans } from '../system/owner.ts';
import { openMachinePool, parseJobs } from './machine.ts';
import { UserMistakes } from './mistakes.ts';
import { openWorkspace, type Workspace, type WorkspaceOptions } from './open-workspace.ts';
import type { PipelineCommand } from './workspace-command.ts';

/** Options of `pipeline run`. */
export interface RunCommandOptions extends WorkspaceOptions {
  readonly jobs?: string;
  readonly keepGoing?: boolean;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly explain?: boolean;
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

/**
 * `pipeline run [targets]`, and the commands that follow it.
 *
 * @param pipeline runs another command of this program
 * @returns the exit code: 0 done, 1 a stage failed, 130 interrupted
 */
export async function runCommand(
  targets: readonly string[],
  options: RunCommandOptions,
  program: Program,
  pipeline: PipelineCommand,
): Promise<number> {
  const recheck = parseRecheck(options);
  if (options.dryRun === true) {
    const { planCommand } = await import('./plan.ts');
    return planCommand(targets, options);
  }
  const jobs = parseJobs(options.jobs);
  const workspace = await openWorkspace(options, targets);
  const { code, run } = await execute(workspace, targets, { jobs, recheck }, options, program);
  const { spec, profile } = workspace.graph;
  const isFollowed = Object.values(spec.commands).some(({ after }) => after.length > 0);
  if (code === 130 || !isFollowed) return code;
  const { runFollowers } = await import('./workspace-command.ts');
  const settings = options.set ?? [];
  const quiet = options.json === true || options.quiet === true;
  const ended = { workspace: workspace.path, spec, profile, settings, targets, run, quiet };
  const followed = await runFollowers(ended, pipeline);
  return code === 0 ? followed : code;
}

async function execute(
  workspace: Workspace,
  targets: readonly string[],
  { jobs, recheck }: { jobs: number; recheck: Recheck | null },
  options: RunCommandOptions,
  program: Program,
): Promise<{ readonly code: number; readonly run: string }> {
  const { graph, nodes, layout, tools } = workspace;
  const startedAt = Date.now();
  const runId = `${new Date(startedAt).toISOString().replace(/[:.]/g, '-')}-${makeNonce().slice(0, 6)}`;
  const runFolder = layout.run(runId);
  mkdirSync(runFolder, { recursive: true });
  removeOrphans(layout.temporaryRoot, layout.owner);
  const reporter = openReporters(options, runFolder);
  const interruption = watchSignals(reporter);
  const executor = openExecutor(program.workerPath);
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
    const history = new RunHistory(layout, tools.actions);
    const pool = openMachinePool(jobs);
    const runOptions: RunOptions = {
      runId,
      runFolder,
      force: options.force === true,
      keepGoing: options.keepGoing === true,
      offline: options.offline === true,
      signal: interruption.signal,
      report: (event) => reporter.report(event),
      noteResult: (fingerprint) => used.push(fingerprint),
      explainer:
        options.explain === true
          ? await openExplainer(graph, { ...tools, history }, options.force === true)
          : null,
    };
    const runTools: RunTools = {
      ...tools,
      layout,
      lineages: new LineageIndex(layout, tools.actions),
      history,
      leases: openLeases(layout, tools.environment),
      executor,
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
    return { code: exitCode(counts, interruption.signal.aborted), run: runId };
  } finally {
    await executor.close();
    reporter.close();
    interruption.dispose();
    workspace.close();
  }
}

async function openExplainer(graph: Graph, tools: ExplainTools, force: boolean) {
  const { explainRun } = await import('../explain/explain-run.ts');
  return explainRun(graph, tools, force);
}

function exitCode(counts: RunCounts, interrupted: boolean): number {
  if (interrupted) return 130;
  return counts.failed > 0 ? 1 : 0;
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
