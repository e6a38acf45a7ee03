/**
 * Running, the story of one node, from top to bottom: look, use the result that the cache has, wait
 * for resources and lease, look again, run, collect, publish, restore.
 */

import type { StageEvent } from '../contract/stage.ts';
import type { GraphNode } from '../graph/types.ts';
import type { Inspection } from '../inspect/inspect.ts';
import type { Lease } from '../lease/leases.ts';
import { type Attempts, failWith, openAttempts } from './attempts.ts';
import { Auditor } from './auditor.ts';
import type { AttemptEnd, RunningAttempt } from './failure.ts';
import { forwardEvents, warnBy } from './forward-events.ts';
import { keepFailed } from './keep-failed.ts';
import { leaveScratch } from './leave-scratch.ts';
import { lookOnceMore } from './look-once-more.ts';
import type { NodeEnds } from './node-ends.ts';
import { Reuse } from './reuse.ts';
import type { Run } from './run.ts';
import type { AttemptFacts } from './run-services.ts';
import type { RunState } from './run-state.ts';
import { listReadPlaces } from './shared-places.ts';
import type { Slot } from './slots.ts';
import { StartTeller, type ToldStart } from './start-teller.ts';

const DAMAGED = 'its cache record was damaged; it was put into quarantine and is made again';

/** Brings nodes of a run up to date, each by {@link begin}, and by {@link run} where it has to run. */
export class NodeStory {
  readonly #run: Run;
  readonly #state: RunState;
  readonly #ends: NodeEnds;
  readonly auditor: Auditor;
  readonly #attempts: Attempts;
  readonly #starts: StartTeller;
  readonly #reuse: Reuse;

  constructor(run: Run, state: RunState, ends: NodeEnds) {
    this.#run = run;
    this.#state = state;
    this.#ends = ends;
    this.auditor = new Auditor(run, state.outcomes);
    this.#attempts = openAttempts(run);
    this.#starts = new StartTeller(run, state);
    this.#reuse = new Reuse(run, state, ends, this.auditor);
  }

  /**
   * A node whose inputs are known: one with a result is done with, any other waits for what others may
   * have of it, and then for its resources.
   *
   * @throws what is thrown about the node, which the run fails it with
   */
  async begin(node: GraphNode, startedAt: number): Promise<void> {
    const { carried, signal, pool } = this.#run;
    const work = await this.#findWork(node, startedAt, true);
    if (work === null) return;
    const earlier = carried?.recall(work) ?? null;
    if (earlier === 'failed') return this.#ends.skipFailed(node);
    // It has its resources already. A run that is being stopped joins nothing any more.
    if (earlier === 'running' && !signal.aborted) return this.#join(work, startedAt);
    const { gpus: wanted } = node.stage.resources;
    const { gpus: offered } = pool.total;
    const isJob = pool.jobs.isJob(node.stage);
    if (isJob || wanted <= offered) return this.#state.schedule.enqueue(node);
    this.#ends.fail(node, { kind: 'too-few-gpus', wanted, offered }, { startedAt });
  }

  /**
   * A node that has its resources: runs it, unless another process has done so or is at it.
   *
   * @throws what is thrown about the node, which the run fails it with
   */
  async run(node: GraphNode, slot: Slot): Promise<void> {
    const { reader, leases, events } = this.#run.services;
    const startedAt = events.now();
    // It may have been in the queue for long: its inputs may have changed, or its result have come.
    reader.forget();
    const work = await this.#findWork(node, startedAt, false);
    if (work === null) return;
    const lease = leases.take(work.fingerprint, listReadPlaces(node));
    if ('heldBy' in lease) return this.#ends.wait(node, work.fingerprint, lease.heldBy);
    let attempt: RunningAttempt | null = null;
    try {
      // Who had the lease before may just have published.
      const current = await lookOnceMore(work, this.#run.services, this.#state.known);
      if (await this.#reuse.use(current, startedAt)) return;
      if (!(await this.#isClear(node, startedAt))) return;
      const told = this.#starts.tell(current, startedAt, slot.share.now);
      attempt = this.#start(told, lease, slot);
      await this.#follow(attempt, told, slot);
    } finally {
      // An attempt releases it by itself.
      if (attempt === null) lease.release();
    }
  }

  /**
   * Looks at a node with its inputs as they are now.
   *
   * @param begins whether it may wait for what comes from elsewhere: it has no resources yet
   * @returns what has to run; null where nothing is left to do for now: it has its result, has failed, or waits
   */
  async #findWork(node: GraphNode, startedAt: number, begins: boolean): Promise<Inspection | null> {
    const looked = await this.#run.services.reader.look(node, this.#state.known);
    if (!looked.ok) {
      this.#ends.fail(node, { kind: 'unreadable', ...looked }, { startedAt });
      return null;
    }
    const work = looked.value;
    if (work.damaged) this.#state.outcomes.warnOnce(node, 'record', DAMAGED);
    this.#run.explainer?.note(work);
    const errand = begins ? this.#reuse.findErrand(work) : null;
    if (errand === 'upstream') return null;
    if (errand !== null) {
      this.#state.errands.send(node, errand(), this.#ends.failOn(node, startedAt));
      return null;
    }
    return (await this.#reuse.use(work, startedAt)) ? null : work;
  }

  /** Whether a node may run whose lease is held; else it has failed, was skipped, or waits. */
  async #isClear(node: GraphNode, startedAt: number): Promise<boolean> {
    const { outputs } = this.#run.services;
    const claimed = await outputs.claim(node, this.#state.known);
    if (!claimed.ok) {
      const { failure } = claimed;
      if (failure.kind !== 'read-elsewhere') this.#ends.fail(node, failure, { startedAt });
      else this.#ends.wait(node, failure.reader.work, failure.reader.holder, failure.path);
      return false;
    }
    if (this.#run.signal.aborted) {
      this.#ends.skipLate(node);
      return false;
    }
    const text = outputs.findObstacle(node);
    if (text !== null) this.#ends.fail(node, { kind: 'obstacle', text }, { startedAt });
    return text === null;
  }

  /** @param lease given away: it is released when the attempt is over */
  #start({ work, log }: ToldStart, lease: Lease, { share }: Slot): RunningAttempt {
    const { carried, layout, services } = this.#run;
    const { node, fingerprint } = work;
    const common = { inspection: work, logPath: log.path };
    const begin = (onEvent: (event: StageEvent) => void) =>
      this.#attempts.start<AttemptEnd>({
        ...common,
        gpus: share.gpus,
        cpus: share,
        onEvent,
        known: this.#state.known,
        lease,
        prepare: (plain, folder) => services.results.prepare(work, plain, folder),
        noteReadings: (readings) => services.reader.noteReadings(work, readings),
        conclude: (facts) => this.#publish(facts, lease, onEvent),
        salvage: (outputs) => keepFailed(node, outputs, layout),
        leave: () => leaveScratch(layout.scratch(fingerprint), lease),
      });
    const onEvent = forwardEvents(node, this.#run);
    return carried?.start({ ...common, share, onEvent }, begin) ?? begin(onEvent);
  }

  /** Its stage ended well: collects what it made, and publishes that where it still has the right to. */
  async #publish(
    facts: AttemptFacts,
    lease: Lease,
    onEvent: (event: StageEvent) => void,
  ): Promise<AttemptEnd> {
    const { results, reader } = this.#run.services;
    const { node } = facts.inspection;
    const objection = this.auditor.objectTo(node, facts.undeclared);
    if (objection !== null) return failWith(objection);
    const settled = reader.settle(facts.inspection, facts.readings);
    if (!settled.ok) return failWith(settled.failure);
    const { work } = settled;
    const collected = results.collect(node, facts.job, facts.elsewhere?.note ?? null);
    if (!collected.ok) {
      return failWith({ kind: 'not-collected', fault: collected.fault }, collected.retryable);
    }
    const made = { ...facts, inspection: work, collected, warn: warnBy(onEvent, this.#run) };
    const result = await results.publish(made, lease.isHeld);
    return result === null ? { kind: 'superseded' } : { kind: 'published', result, work };
  }

  /** Waits for the end of an attempt, and restores what it published. */
  async #follow(attempt: RunningAttempt, told: ToldStart, slot: Slot): Promise<void> {
    const { work, log, startedAt } = told;
    const { node, fingerprint } = work;
    const { outputs, leases } = this.#run.services;
    this.#state.slots.note(node, attempt);
    attempt.ended.then(slot.release);
    const end = await attempt.result;
    if (end.kind === 'superseded') {
      return this.#ends.wait(node, fingerprint, leases.holderOf(fingerprint));
    }
    if (end.kind === 'detached') return this.#ends.leave(node);
    if (end.kind === 'failed' && this.#run.signal.aborted) return this.#ends.endStopped(told);
    if (end.kind === 'failed') return this.#ends.retryOrFail(told, end);
    const { result, work: made } = end;
    const brought = await outputs.restore(node, result.outputs);
    if (!brought.ok && brought.failure.kind !== 'read-elsewhere') {
      return this.#ends.fail(node, brought.failure, { log, startedAt });
    }
    this.#reuse.succeed(made, result);
    this.#run.services.remote?.send(result);
    this.#state.outcomes.executed(node, result, startedAt);
  }

  /** Follows the attempt of an earlier run, which runs still, and is this run's from now on. */
  #join(work: Inspection, startedAt: number): void {
    const { node } = work;
    const told = this.#starts.tell(work, startedAt, node.stage.resources.cpus);
    const onEvent = forwardEvents(node, this.#run);
    const attempt = this.#run.carried?.join({ inspection: work, logPath: told.log.path, onEvent });
    if (attempt === undefined) throw new Error(`${node.id} runs in no earlier run`);
    const follow = (slot: Slot) => this.#follow(attempt, told, slot);
    this.#state.schedule.adopt(node, attempt.share);
    this.#state.slots.occupy(node, attempt, follow, this.#ends.failOn(node, startedAt));
  }
}
