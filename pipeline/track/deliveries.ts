/** All deliveries of a process: looked after in turn, each tracker on its own, with one warning for each that fails. */

import { setTimeout as sleep } from 'node:timers/promises';
import { hashBytes } from '../fingerprint/canonical.ts';
import type { Lease, Leases } from '../lease/leases.ts';
import { PulseReader } from '../lease/pulse-reader.ts';
import type { Tracker, TrackerFault } from '../trackers/tracker.ts';
import type { AdoptedExperiment } from './choose-trackers.ts';
import { Cursor } from './cursor.ts';
import { Delivery } from './delivery.ts';
import type { Journal } from './journal.ts';

/** How often is looked for more, and how soon after the first that there is. */
const PAUSE_MS = 2_000;
const FIRST_PAUSE_MS = 200;

/** What deliveries need beside the trackers. */
export interface DeliveryTools {
  readonly leases: Leases;
  readonly object: (digest: string) => string;
  /** Folder for files on their way to their place. */
  readonly aside: string;
  readonly now: () => number;
  readonly warn: (text: string) => void;
}

/** An experiment that this process delivers, or would if no other did. */
interface Open {
  readonly journal: Journal;
  readonly deliveries: readonly Delivery[];
  readonly watch: PulseReader;
  lease: Lease | null;
}

/** Delivers experiments to trackers until it is closed. */
export class Deliveries {
  readonly #trackers: readonly Tracker[];
  readonly #tools: DeliveryTools;
  readonly #open = new Map<string, Open>();
  readonly #told = new Set<string>();
  readonly #refused = new Set<string>();
  readonly #abort = new AbortController();
  readonly #adopted: Map<string, AdoptedExperiment>;
  #progressed = () => {};
  #round: Promise<void> = Promise.resolve();
  #isBusy = false;
  readonly #timer: NodeJS.Timeout;

  /** @param adopted by tracker, an experiment that the first one goes on with, of the work that it says */
  constructor(
    trackers: readonly Tracker[],
    adopted: ReadonlyMap<string, AdoptedExperiment>,
    tools: DeliveryTools,
  ) {
    this.#trackers = trackers;
    this.#adopted = new Map(adopted);
    this.#tools = tools;
    this.#timer = setInterval(() => this.#tick(), PAUSE_MS).unref();
  }

  /** Takes an experiment into care; or tells, of one that is, that there may be more of it. */
  attend(journal: Journal): void {
    const { id } = journal.head;
    const known = this.#open.get(id);
    if (known !== undefined) {
      for (const delivery of known.deliveries) delivery.wake();
      return;
    }
    const { aside, now, object } = this.#tools;
    const { name, node, profile } = journal.head;
    const deliveries = this.#trackers.map(
      (tracker) =>
        new Delivery(
          tracker,
          journal,
          { name, node, profile, id, object },
          this.#openCursor(journal, tracker.name, aside),
          now,
          () => this.#progressed(),
        ),
    );
    this.#open.set(id, { journal, deliveries, watch: new PulseReader(), lease: null });
    setTimeout(() => this.#tick(), FIRST_PAUSE_MS).unref();
  }

  /**
   * Delivers what is left, for so long at most, and ends.
   *
   * @param isPatient the time begins anew whenever something was taken
   * @returns experiments of which something is left
   */
  async close(patienceMs: number, isPatient: boolean): Promise<readonly Journal[]> {
    clearInterval(this.#timer);
    let deadline = 0;
    let stop: NodeJS.Timeout | undefined;
    const arm = () => {
      clearTimeout(stop);
      deadline = this.#tools.now() + patienceMs;
      stop = setTimeout(() => this.#abort.abort(), patienceMs);
    };
    arm();
    if (isPatient) this.#progressed = arm;
    try {
      await this.#round;
      for (const { deliveries } of this.#open.values()) for (const one of deliveries) one.wake();
      for (;;) {
        await this.#turn();
        const next = this.#nextMoment();
        if (next === null || this.#abort.signal.aborted || next > deadline) break;
        await sleep(Math.max(0, next - this.#tools.now()), undefined, {
          signal: this.#abort.signal,
        }).catch(() => {});
      }
    } finally {
      clearTimeout(stop);
      this.#abort.abort();
    }
    const left: Journal[] = [];
    for (const { journal, deliveries, lease } of this.#open.values()) {
      const isDone = lease !== null && deliveries.every(({ state }) => state === 'drained');
      if (isDone && journal.head.ended !== null && this.#covers(journal)) journal.closePart();
      if (!isDone) left.push(journal);
      lease?.release();
    }
    return left;
  }

  #openCursor({ folder, head }: Journal, name: string, aside: string): Cursor {
    const cursor = new Cursor(folder, name, aside);
    const adopted = this.#adopted.get(name);
    if (adopted === undefined || !head.id.startsWith(adopted.work ?? '')) return cursor;
    this.#adopted.delete(name);
    if (cursor.memory === null) cursor.remember({ key: adopted.key, isAdopted: true });
    return cursor;
  }

  /** Whether all trackers that are to have the experiment are at hand. */
  #covers({ head }: Journal): boolean {
    return head.trackers.every((name) => this.#trackers.some((tracker) => tracker.name === name));
  }

  #tick(): void {
    if (this.#isBusy || this.#abort.signal.aborted) return;
    this.#round = this.#turn();
  }

  async #turn(): Promise<void> {
    this.#isBusy = true;
    try {
      for (const open of this.#open.values()) this.#takeLease(open);
      // Each tracker at its own pace, its experiments one after the other.
      await Promise.all(this.#trackers.map(({ name }) => this.#serve(name)));
    } finally {
      this.#isBusy = false;
    }
  }

  async #serve(name: string): Promise<void> {
    for (const { lease, deliveries } of [...this.#open.values()]) {
      const delivery = deliveries.find(({ tracker }) => tracker === name);
      if (delivery === undefined || lease === null || !lease.isHeld()) continue;
      if (this.#refused.has(name) || this.#abort.signal.aborted) return;
      if (delivery.state !== 'waiting' || delivery.notBefore > this.#tools.now()) continue;
      const fault = await delivery.deliver(this.#abort.signal);
      if (fault === null) continue;
      this.#tellOnce(name, fault);
      if (fault.kind === 'refused') this.#refused.add(name);
      // What one experiment has met, the next would meet too.
      for (const { deliveries: others } of this.#open.values()) {
        const other = others.find(({ tracker }) => tracker === name);
        if (other !== delivery) other?.holdOff(delivery.notBefore);
      }
      return;
    }
  }

  #tellOnce(name: string, { message, kind }: TrackerFault): void {
    if (this.#told.has(name) || this.#abort.signal.aborted) return;
    this.#told.add(name);
    const next =
      kind === 'refused'
        ? 'it is told nothing more by this run'
        : 'it is tried again as long as this run goes on';
    this.#tools.warn(
      `tracker ${name}: ${message}; ${next}, and what it has not taken is kept for \`pipeline track upload\``,
    );
  }

  /** Whether some tracker was told to have failed. */
  get hasTold(): boolean {
    return this.#told.size > 0;
  }

  /** When there is something to do next; null where there never is. */
  #nextMoment(): number | null {
    const moments = [...this.#open.values()].flatMap(({ deliveries, lease }) =>
      deliveries
        .filter(({ state, tracker }) => state === 'waiting' && !this.#refused.has(tracker))
        .map(({ notBefore }) => (lease === null ? this.#tools.now() + PAUSE_MS : notBefore)),
    );
    return moments.length === 0 ? null : Math.min(...moments);
  }

  #takeLease(open: Open): void {
    if (open.lease !== null) return;
    const key = hashBytes(`track ${open.journal.head.id}`);
    const taken = this.#tools.leases.tryAcquire(key, open.watch);
    if (!('heldBy' in taken)) open.lease = taken;
  }
}
