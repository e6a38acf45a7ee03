import { join, relative } from 'node:path';
import type { ActionOutput } from '../cache/actions.ts';
import type { Graph, GraphNode, NodeId } from '../graph/types.ts';
import { DurationPredictor } from '../plan/durations.ts';
import { type Inspection, inspectNode } from '../plan/inspect.ts';
import type { RunEvent } from '../report/events.ts';
import { type Result, sortDiagnostics } from '../spec/diagnostic.ts';
import { isSystemError, readTail } from '../system/files.ts';
import { DeviceLedger } from './devices.ts';
import { expectSeconds } from './priorities.ts';
import type { ResourcePool } from './resources.ts';
import { nameLog, pause, waitAfter } from './retry.ts';
import { placeOutputs, type RunningAttempt, type RunTools, startNode } from './run-node.ts';
import { Schedule } from './schedule.ts';

/** What a run is told beyond its nodes. */
export interface RunOptions {
  readonly runId: string;
  /** Absolute path of the run's folder. */
  readonly runFolder: string;
  readonly force: boolean;
  readonly keepGoing: boolean;
  readonly offline: boolean;
  /** Ids of the GPUs to hand out: as many as the pool has. */
  readonly gpus: readonly string[];
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly report: (event: RunEvent) => void;
  /** Tells why nodes run; null where nobody asks. */
  readonly explainer: RunExplainer | null;
}

/** Puts into words why nodes run. It is told of every node, whether it runs or not. */
export interface RunExplainer {
  readonly note: (inspection: Inspection) => void;
  /** One line. The node and all that stands upstream were noted. */
  readonly explain: (inspection: Inspection) => string;
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
 * Brings nodes up to date, as many at a time as resources allow, the longest predicted path to an
 * end first. A failure stops new starts, unless `keepGoing`, but lets what runs end, because its
 * result is kept.
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
  readonly #devices: DeviceLedger;
  readonly #known = new Map<NodeId, Readonly<Record<string, ActionOutput>>>();
  readonly #inspections = new Map<NodeId, Inspection>();
  readonly #running = new Map<NodeId, RunningAttempt>();
  readonly #settling = new Set<Promise<void>>();
  /** How often a node was started. */
  readonly #attempts = new Map<NodeId, number>();
  /** Aborted when nothing more will start, so that nobody waits for another attempt. */
  readonly #stopping = new AbortController();
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
    this.#devices = new DeviceLedger(options.gpus);
    this.#schedule = new Schedule(
      nodes,
      pool,
      expectSeconds(new DurationPredictor(tools.history, tools.actions)),
    );
  }

  async finish(): Promise<RunCounts> {
    const { signal } = this.#options;
    const stopAll = () => {
      this.#stopping.abort();
      for (const attempt of this.#running.values()) attempt.stop();
    };
    signal.addEventListener('abort', stopAll);
    try {
      for (;;) {
        if (signal.aborted) this.#skip(this.#schedule.drain(), 'the run was interrupted');
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
        if (this.#settling.size === 0) break;
        await Promise.race(this.#settling);
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
    this.#options.explainer?.note(inspection);
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
    const number = (this.#attempts.get(node.id) ?? 0) + 1;
    this.#attempts.set(node.id, number);
    const logPath = join(runFolder, 'logs', nameLog(node.id, number));
    const log = relative(this.#tools.workspace, logPath);
    const share = this.#pool.shareOf(node.stage.resources);
    const gpus = this.#devices.take(share.gpus);
    const text = this.#options.explainer?.explain(inspection);
    if (text !== undefined)
      report({ type: 'node-explained', time: startedAt, node: node.id, text });
    report({ type: 'node-started', time: startedAt, node: node.id, log });
    const attempt = startNode(
      this.#graph,
      {
        number,
        inspection,
        known: this.#known,
        runId,
        logPath,
        cpus: share.cpus,
        gpus,
        offline,
        onEvent: (event) =>
          report({ type: 'node-event', time: this.#tools.now(), node: node.id, event }),
      },
      this.#tools,
    );
    this.#running.set(node.id, attempt);
    const settling = attempt.result.then((result) => {
      this.#running.delete(node.id);
      this.#schedule.release(node);
      this.#devices.give(gpus);
      this.#settling.delete(settling);
      if (this.#options.signal.aborted && result.kind === 'failed') {
        this.#skip([node, ...this.#schedule.fail(node)], 'the run was interrupted');
        return;
      }
      if (result.kind === 'failed') {
        const attempts = node.stage.retries.attempts + 1;
        const wait = result.retryable ? waitAfter(number, node.stage.retries) : null;
        if (wait !== null && this.#schedule.isOpen(node)) {
          const { message } = result;
          const time = this.#tools.now();
          const facts = { attempt: number, attempts, waitSeconds: wait, message, log };
          report({ type: 'node-retrying', time, node: node.id, ...facts });
          this.#enqueueAfter(node, wait);
          return;
        }
        const count = number > 1 ? ` (attempt ${number} of ${attempts})` : '';
        const message = `${result.message}${count}`;
        this.#fail(node, message, { path: logPath, name: log }, startedAt);
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

  /** Lets a node wait for resources again, after a while in which others have them. */
  #enqueueAfter(node: GraphNode, seconds: number): void {
    const waiting = pause(seconds, this.#stopping.signal).then(() => {
      this.#settling.delete(waiting);
      if (this.#schedule.isOpen(node)) this.#schedule.enqueue(node);
    });
    this.#settling.add(waiting);
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
      this.#stopping.abort();
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
