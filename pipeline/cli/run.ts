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
import { type Machine, type MachineOptions, openMachine, openPool } from './machine.ts';
import { UserMistakes } from './mistakes.ts';
import { openWorkspace, type Workspace, type WorkspaceOptions } from './open-workspace.ts';

/** Options of `pipeline run`. */
export interface RunCommandOptions extends WorkspaceOptions, MachineOptions {
  readonly keepGoing?: boolean;
  readonly dryRun?: boolean;
  readonly force?: boolean;
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

/** What the launcher knows: where the worker is, what this program is called. */
export interface Program {
  readonly workerPath: string;
  readonly version: string;
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
  const recheck = parseRecheck(options);
  if (options.dryRun === true) {
    const { planCommand } = await import('./plan.ts');
    return planCommand(targets, options);
  }
  const machine = openMachine(options);
  const workspace = await openWorkspace(options, targets);
  try {
    if (workspace.graph.mostGpus > machine.gpus.length) {
      const { findGpuShortage } = await import('./check-gpus.ts');
      const shortage = await findGpuShortage(workspace, machine, options.force === true);
      if (shortage.length > 0) throw new UserMistakes(shortage, new Map(), workspace.path);
    }
    if (options.pilot === true) {
      const code = await runPilot(targets, machine, options, program);
      if (code !== 0) return code;
    }
    return await execute(workspace, targets, { machine, recheck, pilot: null }, options, program);
  } finally {
    workspace.close();
  }
}

/** The workspace of the run itself is open by now, so that its mistakes are told first. */
async function runPilot(
  targets: readonly string[],
  machine: Machine,
  options: RunCommandOptions,
  program: Program,
): Promise<number> {
  const workspace = await openWorkspace(options, targets, true);
  try {
    const way = { machine, recheck: null, pilot: PILOT };
    return await execute(workspace, targets, way, options, program);
  } finally {
    workspace.close();
  }
}

/** How a run is gone about. */
interface RunWay {
  readonly machine: Machine;
  readonly recheck: Recheck | null;
  readonly pilot: PilotWords | null;
}

async function execute(
  workspace: Workspace,
  targets: readonly string[],
  { machine, recheck, pilot }: RunWay,
  options: RunCommandOptions,
  program: Program,
): Promise<number> {
  const { graph, nodes, layout, tools, settled } = workspace;
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
      notice: pilot?.notice ?? (graph.spec.profiles[graph.profile]?.description || null),
      nodes: nodes.length,
      jobs: machine.cpus,
    });
    const used: Fingerprint[] = [];
    const history = new RunHistory(layout, tools.actions);
    const pool = openPool(machine);
    const runOptions: RunOptions = {
      runId,
      runFolder,
      force: options.force === true,
      keepGoing: options.keepGoing === true,
      offline: options.offline === true,
      gpus: machine.gpus,
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
      settled,
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
    if (pilot !== null && counts.failed > 0) {
      reporter.report({ type: 'warning', time, node: null, text: pilot.failure });
    }
    reporter.report({ type: 'run-finished', time, seconds: (time - startedAt) / 1000, ...counts });
    noteUsage(used, layout, time);
    return exitCode(counts, interruption.signal.aborted);
  } finally {
    await executor.close();
    reporter.close();
    interruption.dispose();
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
