import { join, relative } from 'node:path';
import type { ActionOutput } from '../cache/actions.ts';
import type { Graph, GraphNode, NodeId } from '../graph/types.ts';
import { type Inspection, inspectNode } from '../plan/inspect.ts';
import type { RunEvent } from '../report/events.ts';
import { type Result, sortDiagnostics } from '../spec/diagnostic.ts';
import { isSystemError, readTail } from '../system/files.ts';
import type { ResourcePool } from './resources.ts';
import {
  type Attempt,
  placeOutputs,
  type RunningAttempt,
  type RunTools,
  startNode,
} from './run-node.ts';
import { Schedule } from './schedule.ts';

/** What a run is told beyond its nodes. */
export interface RunOptions {
  readonly runId: string;
  /** Absolute path of the run's folder. */
  readonly runFolder: string;
  readonly force: boolean;
  readonly keepGoing: boolean;
  readonly offline: boolean;
  /** Aborted by Ctrl-C; a text as its reason is what skipped nodes are told. */
  readonly signal: AbortSignal;
  readonly report: (event: RunEvent) => void;
  /** Where attempts go on from one run to the next. */
  readonly carried?: CarriedAttempts;
}

/** Attempts of the runs before this one: under `watch`, an edit starts a new run amid another. */
export interface CarriedAttempts {
  /** How exactly this work fared before: it runs still, or failed by itself; else null. */
  readonly recall: (inspection: Inspection) => 'running' | 'failed' | null;
  /** Starts a node, or joins the attempt at exactly this work. */
  readonly start: typeof startNode;
  /** The ends of attempts that nobody has joined. Until then they hold their resources. */
  readonly ends: () => readonly Promise<void>[];
  /** Stops the attempts that nobody has joined. */
  readonly stopOthers: () => void;
}

/** How many nodes ended how. */
export interface RunCounts {
  readonly executed: number;
  readonly cached: number;
  readonly failed: number;
  readonly skipped: number;
}

const LOG_TAIL_LINES = 20;
const LOG_TAIL_BYTES = 16_384;

/**
 * Brings nodes up to date, as many at a time as resources allow. A failure stops new starts, unless
 * `keepGoing`, but lets what runs end, because its result is kept.
 *
 * @param nodes in topological order, closed under upstream
 */
export async function runNodes(
  graph: Graph,
  nodes: readonly GraphNode[],
  pool: ResourcePool,
  options: RunOptions,
  tools: RunTools,
): Promise<RunCounts> {
  const run = new Run(graph, nodes, pool, options, tools);
  return run.finish();
}

class Run {
  readonly #graph: Graph;
  readonly #pool: ResourcePool;
  readonly #options: RunOptions;
  readonly #tools: RunTools;
  readonly #schedule: Schedule;
  readonly #known = new Map<NodeId, Readonly<Record<string, ActionOutput>>>();
  readonly #inspections = new Map<NodeId, Inspection>();
  readonly #running = new Map<NodeId, RunningAttempt>();
  readonly #settling = new Set<Promise<void>>();
  readonly #counts = { executed: 0, cached: 0, failed: 0, skipped: 0 };

  constructor(
    graph: Graph,
    nodes: readonly GraphNode[],
    pool: ResourcePool,
    options: RunOptions,
    tools: RunTools,
  ) {
    this.#graph = graph;
    this.#pool = pool;
    this.#options = options;
    this.#tools = tools;
    this.#schedule = new Schedule(nodes, pool);
  }

  async finish(): Promise<RunCounts> {
    const { signal } = this.#options;
    const stopAll = () => {
      for (const attempt of this.#running.values()) attempt.stop();
    };
    signal.addEventListener('abort', stopAll);
    try {
      for (;;) {
        if (signal.aborted) this.#skip(this.#schedule.drain(), this.#wordAbort());
        const node = this.#schedule.nextReady();
        if (node !== undefined) {
          await this.#decide(node);
          continue;
        }
        const next = this.#schedule.nextRunnable();
        if (next !== undefined) {
          this.#start(next);
          continue;
        }
        const others = this.#options.carried?.ends() ?? [];
        if (this.#settling.size === 0) {
          if (others.length === 0) break;
          // Whatever still waits is kept from its resources by attempts that may be of no use.
          this.#options.carried?.stopOthers();
        }
        await Promise.race([...this.#settling, ...others]);
      }
    } finally {
      signal.removeEventListener('abort', stopAll);
      stopAll();
    }
    return this.#counts;
  }

  /** A node whose inputs are known: a hit is settled at once, anything else waits to run. */
  async #decide(node: GraphNode): Promise<void> {
    const startedAt = this.#tools.now();
    let inspected: Result<Inspection>;
    try {
      inspected = await inspectNode(this.#graph, node, this.#known, this.#tools);
    } catch (error) {
      // A file that may not be read, a disk that is full: the user's to mend.
      if (!isSystemError(error)) throw error;
      this.#fail(node, error.message, null, startedAt);
      return;
    }
    if (!inspected.ok) {
      const [first] = sortDiagnostics(inspected.diagnostics);
      const place = first === undefined ? '' : `${first.location.file}:${first.location.line}: `;
      this.#fail(node, `${place}${first?.message ?? 'its inputs cannot be read'}`, null, startedAt);
      return;
    }
    const inspection = inspected.value;
    this.#inspections.set(node.id, inspection);
    if (inspection.damaged) {
      this.#tools.actions.quarantine(inspection.fingerprint);
      this.#warn(
        node.id,
        'its cache record was damaged; it was put into quarantine and is made again',
      );
    }
    const { action } = inspection;
    if (action !== null && !this.#options.force) {
      const placed = placeOutputs(inspection, action.outputs, this.#tools);
      if (placed.ok) {
        this.#settle(node, action.outputs);
        this.#counts.cached++;
        this.#options.report({
          type: 'node-finished',
          time: this.#tools.now(),
          node: node.id,
          outcome: 'cached',
          restored: placed.restored,
          seconds: 0,
          summary: action.summary,
        });
        return;
      }
      if (placed.cause === 'place') {
        this.#fail(node, placed.text, null, startedAt);
        return;
      }
      this.#warn(node.id, `${placed.text}; it is made again`);
    }
    const earlier = this.#options.carried?.recall(inspection) ?? null;
    if (earlier === 'failed') {
      const because = 'it failed, and nothing that it reads has changed since';
      this.#skip([node, ...this.#schedule.fail(node)], because);
      return;
    }
    // It has its resources already. A run that is being stopped joins nothing any more.
    if (earlier === 'running' && !this.#options.signal.aborted) {
      this.#start(node);
      return;
    }
    const { gpus } = node.stage.resources;
    if (gpus > this.#pool.total.gpus) {
      const message = `it needs ${gpus} GPU(s) and this machine offers ${this.#pool.total.gpus}`;
      this.#fail(node, message, null, startedAt);
      return;
    }
    this.#schedule.enqueue(node);
  }

  #start(node: GraphNode): void {
    const inspection = this.#inspections.get(node.id);
    if (inspection === undefined) throw new Error(`${node.id} was not inspected`);
    const { runId, runFolder, offline, report } = this.#options;
    const startedAt = this.#tools.now();
    const logPath = join(runFolder, 'logs', `${node.id.replaceAll('/', '--')}.log`);
    const log = relative(this.#tools.workspace, logPath);
    const { cpus } = this.#pool.shareOf(node.stage.resources);
    report({ type: 'node-started', time: startedAt, node: node.id, log });
    const attempt: Attempt = {
      inspection,
      known: this.#known,
      runId,
      logPath,
      cpus,
      offline,
      onEvent: (event) =>
        report({ type: 'node-event', time: this.#tools.now(), node: node.id, event }),
    };
    const start = this.#options.carried?.start ?? startNode;
    const running = start(this.#graph, attempt, this.#tools);
    this.#running.set(node.id, running);
    const settling = running.result.then((result) => {
      this.#running.delete(node.id);
      this.#schedule.release(node);
      this.#settling.delete(settling);
      if (this.#options.signal.aborted && result.kind === 'failed') {
        this.#skip([node, ...this.#schedule.fail(node)], this.#wordAbort());
        return;
      }
      if (result.kind === 'failed') {
        this.#fail(node, result.message, { path: logPath, name: log }, startedAt);
        return;
      }
      const { outputs, summary } = result.action;
      const placed = placeOutputs(inspection, outputs, this.#tools);
      if (!placed.ok) {
        this.#fail(node, placed.text, { path: logPath, name: log }, startedAt);
        return;
      }
      this.#settle(node, outputs);
      this.#counts.executed++;
      report({
        type: 'node-finished',
        time: this.#tools.now(),
        node: node.id,
        outcome: 'executed',
        restored: false,
        seconds: (this.#tools.now() - startedAt) / 1000,
        summary,
      });
    });
    this.#settling.add(settling);
  }

  #settle(node: GraphNode, outputs: Readonly<Record<string, ActionOutput>>): void {
    this.#known.set(node.id, outputs);
    this.#inspections.delete(node.id);
    this.#schedule.settle(node);
  }

  #fail(
    node: GraphNode,
    message: string,
    log: { path: string; name: string } | null,
    startedAt: number,
  ): void {
    this.#counts.failed++;
    this.#options.report({
      type: 'node-failed',
      time: this.#tools.now(),
      node: node.id,
      message,
      log: log?.name ?? null,
      logTail: log === null ? [] : readLogTail(log.path),
      seconds: (this.#tools.now() - startedAt) / 1000,
    });
    this.#skip(this.#schedule.fail(node), `${node.id} failed`);
    if (!this.#options.keepGoing) {
      this.#skip(
        this.#schedule.drain().filter(({ id }) => !this.#running.has(id)),
        `the run stops after the failure of ${node.id}`,
      );
    }
  }

  #skip(nodes: readonly GraphNode[], because: string): void {
    for (const node of nodes) {
      if (this.#running.has(node.id)) continue;
      this.#counts.skipped++;
      this.#options.report({
        type: 'node-skipped',
        time: this.#tools.now(),
        node: node.id,
        because,
      });
    }
  }

  #wordAbort(): string {
    const { reason } = this.#options.signal;
    return typeof reason === 'string' ? reason : 'the run was interrupted';
  }

  #warn(node: NodeId, text: string): void {
    this.#options.report({ type: 'warning', time: this.#tools.now(), node, text });
  }
}

/** The last lines of a log, for showing with a failure. */
function readLogTail(path: string): string[] {
  try {
    const text = readTail(path, LOG_TAIL_BYTES).toString('utf8').trimEnd();
    return text === '' ? [] : text.split('\n').slice(-LOG_TAIL_LINES);
  } catch {
    return [];
  }
}
