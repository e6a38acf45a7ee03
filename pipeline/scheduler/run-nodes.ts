import { join } from 'node:path';
import type { ActionRecord } from '../cache/actions.ts';
import type { Digest } from '../fingerprint/canonical.ts';
import type { Graph, GraphNode, NodeId } from '../graph/types.ts';
import type { LeaseHolder } from '../lease/lease-file.ts';
import type { Lease } from '../lease/leases.ts';
import { DurationPredictor } from '../plan/durations.ts';
import { isForced } from '../plan/forced.ts';
import type { Inspection, KnownResult } from '../plan/inspect.ts';
import { stackFile } from '../system/fault.ts';
import { Auditor } from './auditor.ts';
import { describeNodeFault } from './describe-fault.ts';
import { findUnchanged } from './find-unchanged.ts';
import { makeLog } from './make-log.ts';
import { nameLog } from './name-log.ts';
import { NodeInspector } from './node-inspector.ts';
import { type NodeLog, Outcomes, type RunCounts } from './outcomes.ts';
import { Overlaps } from './overlaps.ts';
import { OutputPlacer, type PlaceResult } from './place-outputs.ts';
import { expectSeconds } from './priorities.ts';
import type { ResourcePool } from './resources.ts';
import { Retries } from './retry.ts';
import { type Attempt, type RunningAttempt, type RunTools, startNode } from './run-node.ts';
import type { RunOptions } from './run-options.ts';
import { Schedule } from './schedule.ts';
import { listReadPlaces, SharedPlaces } from './shared-places.ts';
import { Underway } from './underway.ts';
import { Waits } from './waits.ts';
import { WorkLeft } from './work-left.ts';

/** Results that wait for the disk while other stages run already. */
const MOST_PUBLISHING = 16;

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
  readonly #nodes: readonly GraphNode[];
  readonly #pool: ResourcePool;
  readonly #options: RunOptions;
  readonly #tools: RunTools;
  readonly #schedule: Schedule;
  readonly #waits: Waits;
  readonly #workLeft: WorkLeft;
  readonly #retries = new Retries();
  readonly #known = new Map<NodeId, KnownResult>();
  /** What to stop, of nodes that are being run; nothing where no process runs yet. */
  readonly #running = new Map<NodeId, RunningAttempt | null>();
  readonly #underway = new Underway();
  readonly #outcomes: Outcomes;
  readonly #inspector: NodeInspector;
  readonly #auditor: Auditor;
  readonly #overlaps: Overlaps;
  readonly #stackPath: string;
  readonly #placer: OutputPlacer;
  readonly #places: SharedPlaces;
  /** Nodes whose cached result could not be placed, which is told once. */
  readonly #unplaced = new Set<NodeId>();
  /** Why nothing more is started; null while the run goes on. */
  #stopped: string | null = null;

  constructor(
    graph: Graph,
    nodes: readonly GraphNode[],
    pool: ResourcePool,
    options: RunOptions,
    tools: RunTools,
  ) {
    this.#graph = graph;
    this.#nodes = nodes;
    this.#pool = pool;
    this.#options = options;
    this.#tools = tools;
    this.#stackPath = stackFile(options.runFolder);
    const durations = new DurationPredictor(graph, tools.history, tools.actions);
    this.#outcomes = new Outcomes(options.report, tools.now);
    this.#auditor = new Auditor(graph, options.audit, this.#outcomes, tools);
    const warn = (node: GraphNode, text: string) => this.#outcomes.warn(node, text);
    this.#waits = new Waits(tools.leases);
    this.#placer = new OutputPlacer(graph, options.runId, warn, this.#waits.watchOf, tools);
    this.#places = new SharedPlaces(graph, this.#known, this.#placer, tools);
    const left = this.#settleUnchanged(nodes);
    this.#schedule = new Schedule(left, pool, expectSeconds(durations));
    this.#overlaps = new Overlaps(tools.now);
    this.#workLeft = new WorkLeft(durations, options.report);
    this.#inspector = new NodeInspector(
      graph,
      this.#known,
      this.#outcomes,
      options.explainer,
      tools,
      this.#stackPath,
    );
  }

  async finish(): Promise<RunCounts> {
    const { signal } = this.#options;
    const stopAll = () => {
      this.#retries.stop();
      for (const attempt of this.#running.values()) attempt?.stop();
    };
    signal.addEventListener('abort', stopAll);
    try {
      for (;;) {
        if (signal.aborted) this.#stopStarting(this.#wordAbort());
        const node = this.#schedule.nextReady() ?? this.#waits.takeFree();
        if (node !== undefined) {
          const startedAt = this.#tools.now();
          await this.#decide(node, startedAt).catch(this.#failOn(node, startedAt));
          continue;
        }
        const isFull = this.#running.size >= this.#pool.total.cpus + MOST_PUBLISHING;
        const next = isFull ? undefined : this.#schedule.nextRunnable();
        if (next !== undefined) {
          this.#launch(next);
          continue;
        }
        const others = this.#options.carried?.ends() ?? [];
        if (this.#underway.size === 0 && this.#waits.isEmpty) {
          if (others.length === 0) break;
          // Whatever still waits is kept from its resources by attempts that may be of no use.
          this.#options.carried?.stopOthers();
        }
        await Promise.race([...this.#underway.all, ...this.#waits.pauses(), ...others]);
      }
    } finally {
      signal.removeEventListener('abort', stopAll);
      this.#waits.close();
      stopAll();
    }
    if (!signal.aborted) await this.#tellPlaces();
    this.#failUntold();
    return this.#outcomes.counts;
  }

  /** Says what stands in the workspace where another run was at work too. */
  async #tellPlaces(): Promise<void> {
    const text = await this.#places.finish(this.#nodes);
    if (text === null) return;
    this.#options.report({ type: 'warning', time: this.#tools.now(), node: null, text });
  }

  /** A run that ends with nodes of which nothing was told has lost them, which is a bug of ours. */
  #failUntold(): void {
    for (const node of this.#outcomes.listUntold(this.#nodes)) {
      const error = new Error('the run has ended without it');
      this.#failOn(node, this.#tools.now())(error);
    }
  }

  /** Settles the nodes that need no inspection. @returns the others */
  #settleUnchanged(nodes: readonly GraphNode[]): readonly GraphNode[] {
    const found = findUnchanged(nodes, this.#options, this.#tools, this.#stackPath);
    return nodes.filter((node) => {
      const result = found.get(node.id);
      if (result !== undefined) {
        this.#options.noteResult(result.fingerprint);
        this.#outcomes.cached(node, false, result.summary);
        return false;
      }
      for (const id of node.upstream) {
        const above = found.get(id);
        if (above !== undefined) this.#known.set(id, above);
      }
      return true;
    });
  }

  /** A node whose inputs are known: a hit is settled at once, anything else waits to run. */
  async #decide(node: GraphNode, startedAt: number): Promise<void> {
    const inspection = await this.#inspect(node, startedAt);
    if (inspection === null || (await this.#settleHit(inspection, startedAt))) return;
    const earlier = this.#options.carried?.recall(inspection) ?? null;
    if (earlier === 'failed') {
      const because = 'it failed, and nothing that it reads has changed since';
      this.#outcomes.skipped([node, ...this.#schedule.fail(node)], because);
      return;
    }
    // It has its resources already. A run that is being stopped joins nothing any more.
    if (earlier === 'running' && !this.#options.signal.aborted) {
      this.#join(inspection, startedAt);
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

  /** Looks at a node with its inputs as they are now. @returns null where it failed of that */
  async #inspect(node: GraphNode, startedAt: number): Promise<Inspection | null> {
    const looked = await this.#inspector.inspect(node);
    if (looked.ok) return looked.inspection;
    this.#fail(node, looked.message, null, startedAt);
    return null;
  }

  /** Settles a node that has a result, or fails it where that cannot be placed. @returns whether */
  async #settleHit(inspection: Inspection, startedAt: number): Promise<boolean> {
    const { node, action } = inspection;
    if (action === null || isForced(this.#options.force, node)) return false;
    if (this.#auditor.isToBeRemade(node, action)) return false;
    const { undeclared = null } = action;
    const objection = this.#auditor.objectTo(node, undeclared);
    if (objection !== null) {
      this.#fail(node, objection, null, startedAt);
      return true;
    }
    // Inspection has just looked; ten thousand nodes would be looked at twice.
    const placed: PlaceResult =
      inspection.misplaced.length === 0
        ? { ok: true, restored: false }
        : await this.#placer.place(inspection, action.outputs);
    if (!placed.ok && placed.cause === 'cache') {
      if (!this.#unplaced.has(node.id)) {
        this.#outcomes.warn(node, `${placed.text}; it is made again`);
      }
      this.#unplaced.add(node.id);
      return false;
    }
    if (!placed.ok && placed.cause !== 'read') {
      this.#fail(node, placed.text, null, startedAt);
      return true;
    }
    // Who reads it in this run brings it to its place.
    if (!placed.ok) this.#places.postpone(inspection);
    this.#settle(inspection, action);
    this.#auditor.tell(node, undeclared);
    this.#outcomes.cached(node, placed.ok && placed.restored, action.summary);
    return true;
  }

  /** A node that has its resources: runs it, unless another process has done so or is at it. */
  #launch(node: GraphNode): void {
    const gpus = this.#options.devices.take(this.#pool.shareOf(node.stage.resources).gpus);
    this.#occupy(node, gpus, (giveBack) => this.#run(node, gpus, giveBack));
  }

  /** A node that an earlier run has started: its attempt is this run's from now on. */
  #join(inspection: Inspection, startedAt: number): void {
    const { node } = inspection;
    const log = this.#announce(inspection, startedAt);
    const onEvent = this.#forwardEvents(node);
    const attempt = this.#options.carried?.join({ inspection, logPath: log.path, onEvent });
    if (attempt === undefined) throw new Error(`${node.id} runs in no earlier run`);
    this.#occupy(node, attempt.gpus, (giveBack) =>
      this.#follow(attempt, inspection, log, startedAt, giveBack),
    );
  }

  /**
   * Does something with a node while its resources are taken.
   *
   * @param work is told how to give them back; what is left to do then needs none
   */
  #occupy(
    node: GraphNode,
    gpus: readonly string[],
    work: (giveBack: () => void) => Promise<void>,
  ): void {
    this.#running.set(node.id, null);
    const fail = this.#failOn(node, this.#tools.now());
    let giveBack = () => {};
    const ending = new Promise<void>((resolve) => {
      giveBack = resolve;
    }).then(() => {
      this.#schedule.release(node);
      this.#options.devices.give(gpus);
    });
    this.#underway.add(ending, fail);
    const settling = work(giveBack)
      .catch(fail)
      .finally(() => {
        this.#running.delete(node.id);
        giveBack();
      });
    this.#underway.add(settling, fail);
  }

  async #run(node: GraphNode, gpus: readonly string[], giveBack: () => void): Promise<void> {
    const startedAt = this.#tools.now();
    let lease: Lease | null = null;
    try {
      // It may have been in the queue for long, or another process may have run it.
      this.#tools.files.forgetSightings();
      // Its inputs may have changed, or its result have come, while it was in the queue.
      const inspection = await this.#inspect(node, startedAt);
      if (inspection === null || (await this.#settleHit(inspection, startedAt))) return;
      const { fingerprint } = inspection;
      const watch = this.#waits.watchOf(fingerprint);
      const taken = this.#tools.leases.tryAcquire(fingerprint, watch, listReadPlaces(node));
      if ('heldBy' in taken) {
        this.#wait(node, fingerprint, taken.heldBy.holder);
        return;
      }
      lease = taken;
      // Who had the lease before may just have published.
      const { action } = this.#tools.actions.read(fingerprint);
      const current = { ...inspection, action };
      if (await this.#settleHit(current, startedAt)) return;
      const claimed = await this.#places.claim(current);
      if (!claimed.ok) {
        lease.release();
        lease = null;
        if (claimed.cause === 'read')
          this.#wait(node, claimed.reader.work, claimed.reader.holder, claimed.path);
        else this.#fail(node, claimed.text, null, startedAt);
        return;
      }
      if (this.#options.signal.aborted) {
        this.#skipLate(node);
        return;
      }
      const obstacle = this.#placer.findObstacle(node);
      if (obstacle !== null) {
        this.#fail(node, obstacle, null, startedAt);
        return;
      }
      const log = this.#announce(current, startedAt);
      const attempt = this.#start(current, lease, gpus, log);
      lease = null;
      await this.#follow(attempt, current, log, startedAt, giveBack);
    } finally {
      lease?.release();
    }
  }

  /** Tells that a node starts, and why where that is asked for. @returns its log */
  #announce(inspection: Inspection, time: number): NodeLog {
    const { node } = inspection;
    const { runFolder, report, explainer } = this.#options;
    const name = nameLog(node.id, this.#retries.begin(node));
    const log = makeLog(join(runFolder, 'logs', name), this.#tools.layout);
    const text = explainer?.explain(inspection);
    if (text !== undefined) report({ type: 'node-explained', time, node: node.id, text });
    const expectedSeconds = this.#workLeft.expect(node);
    report({ type: 'node-started', time, node: node.id, log: log.name, expectedSeconds });
    this.#workLeft.tell(
      time,
      this.#schedule.open.filter(({ id }) => !this.#running.has(id)),
    );
    return log;
  }

  #start(
    inspection: Inspection,
    lease: Lease,
    gpus: readonly string[],
    { path }: NodeLog,
  ): RunningAttempt {
    const { node } = inspection;
    const { runId, offline, carried } = this.#options;
    const attempt: Attempt = {
      inspection,
      lease,
      known: this.#known,
      runId,
      logPath: path,
      cpus: this.#pool.shareOf(node.stage.resources).cpus,
      gpus,
      offline,
      onEvent: this.#forwardEvents(node),
      stackPath: this.#stackPath,
      objectTo: (undeclared) => this.#auditor.objectTo(node, undeclared),
      findReaders: (path) => this.#overlaps.findReaders(node, path),
    };
    this.#overlaps.begin(node);
    return (carried?.start ?? startNode)(this.#graph, attempt, this.#tools);
  }

  #forwardEvents({ id }: GraphNode): Attempt['onEvent'] {
    return (event) =>
      this.#options.report({ type: 'node-event', time: this.#tools.now(), node: id, event });
  }

  /** Waits for the end of an attempt and puts its outputs in place. */
  async #follow(
    attempt: RunningAttempt,
    inspection: Inspection,
    log: NodeLog,
    startedAt: number,
    giveBack: () => void,
  ): Promise<void> {
    const { node, fingerprint } = inspection;
    this.#running.set(node.id, attempt);
    attempt.ended.then(() => {
      this.#overlaps.end(node);
      giveBack();
    });
    const result = await attempt.result;
    if (result.kind === 'superseded') {
      this.#wait(node, fingerprint, this.#tools.leases.look(fingerprint)?.holder ?? null);
      return;
    }
    if (result.kind === 'failed') {
      if (this.#options.signal.aborted) this.#skipLate(node);
      else if (result.retryable) this.#tryAgain(node, result, log, startedAt);
      else this.#fail(node, result.message, log, startedAt, result.kept);
      return;
    }
    const { outputs, summary, undeclared = null } = result.action;
    const placed = await this.#placer.place(inspection, outputs);
    if (!placed.ok && placed.cause !== 'read') {
      this.#fail(node, placed.text, log, startedAt);
      return;
    }
    if (!placed.ok) this.#places.postpone(inspection);
    this.#settle(inspection, result.action);
    this.#auditor.tell(node, undeclared);
    this.#outcomes.executed(node, summary, startedAt);
  }

  /** After a while in which others have its resources; or it fails where it has no attempt left. */
  #tryAgain(
    node: GraphNode,
    { message, kept }: { readonly message: string; readonly kept?: string },
    log: NodeLog,
    startedAt: number,
  ): void {
    const retry = this.#retries.next(node);
    if (retry === null) {
      this.#fail(node, `${message}${this.#retries.count(node)}`, log, startedAt, kept);
      return;
    }
    this.#options.carried?.forget(node);
    this.#outcomes.retrying(node, retry, message, log);
    const waiting = this.#retries.pause(retry.waitSeconds).then(() => {
      if (this.#schedule.isOpen(node)) this.#schedule.enqueue(node);
    });
    this.#underway.add(waiting, this.#failOn(node, startedAt));
  }

  /**
   * Another process runs the node: its result is waited for. Or a stage of it reads, at a path, what
   * would have to make room for what the node reads.
   */
  #wait(node: GraphNode, work: Digest, holder: LeaseHolder | null, path?: string): void {
    this.#running.delete(node.id);
    if (this.#stopped !== null) {
      this.#skipLate(node);
      return;
    }
    this.#waits.add(node, work);
    if (holder !== null) this.#outcomes.waiting(node, holder, path);
  }

  #settle(inspection: Inspection, action: ActionRecord): void {
    const { node, fingerprint } = inspection;
    this.#options.noteResult(fingerprint);
    this.#known.set(node.id, { fingerprint, outputs: action.outputs });
    // Of what the others did the user is told in every run.
    if (this.#auditor.isSilentOn(node, action)) this.#tools.settled?.keep(inspection, action);
    this.#schedule.settle(node);
  }

  /** What fails a node with anything that was thrown while something was done with it. */
  #failOn(node: GraphNode, startedAt: number): (error: unknown) => void {
    return (error) => {
      const message = describeNodeFault(error, this.#graph, node, this.#stackPath);
      this.#fail(node, message, null, startedAt);
    };
  }

  #fail(
    node: GraphNode,
    message: string,
    log: NodeLog | null,
    startedAt: number,
    kept?: string,
  ): void {
    this.#outcomes.failed(node, message, log, startedAt, kept);
    this.#outcomes.skipped(this.#schedule.fail(node), `${node.id} failed`);
    if (!this.#options.keepGoing) {
      this.#stopStarting(`the run stops after the failure of ${node.id}`);
    }
  }

  /** What has its resources goes on, and nothing else. */
  #stopStarting(because: string): void {
    this.#stopped ??= because;
    this.#retries.stop();
    this.#waits.clear();
    const left = this.#schedule.drain().filter(({ id }) => !this.#running.has(id));
    this.#outcomes.skipped(left, because);
  }

  /** Skips a node that had its resources already when the run was stopped. */
  #skipLate(node: GraphNode): void {
    const because = this.#options.signal.aborted ? this.#wordAbort() : this.#stopped;
    this.#outcomes.skipped([node, ...this.#schedule.fail(node)], because ?? 'the run stops');
  }

  #wordAbort(): string {
    const { reason } = this.#options.signal;
    return typeof reason === 'string' ? reason : 'the run was interrupted';
  }
}
