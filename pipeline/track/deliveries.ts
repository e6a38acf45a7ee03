/** All deliveries of a process: looked after in turn, each tracker on its own. Nothing that fails there is thrown. */

import { setTimeout as sleep } from 'node:timers/promises';
import { hashBytes } from '../fingerprint/canonical.ts';
import type { Lease, Leases } from '../lease/leases.ts';
import { PulseReader } from '../lease/pulse-reader.ts';
import type { Tracker } from '../trackers/tracker.ts';
import type { AdoptedExperiment } from './choose-trackers.ts';
import { Cursor } from './cursor.ts';
import { Delivery } from './delivery.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import type { Journal } from './journal.ts';

/** How often is looked for more, and how soon after the first that there is. */
const PAUSE_MS = 2_000;
const FIRST_PAUSE_MS = 200;
/** So short a wait is none. */
const LEAST_PAUSE_MS = 10;

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
  readonly watch: PulseReader;
  lease: Lease | null;
  /** None without the lease: another process may tell trackers until it is had. */
  deliveries: readonly Delivery[];
}

/** Delivers experiments to trackers until it is closed. */
export class Deliveries {
  readonly #trackers: readonly Tracker[];
  readonly #tools: DeliveryTools;
  readonly #open = new Map<string, Open>();
  readonly #queues: readonly DeliveryQueue[];
  readonly #abort = new AbortController();
  readonly #adopted: Map<string, AdoptedExperiment>;
  #progressed = () => {};
  #round: Promise<void> = Promise.resolve();
  #isBusy = false;
  #isTroubled = false;
  readonly #timer: NodeJS.Timeout;

  /** @param adopted by tracker, an experiment that the first one goes on with, of the work that it says */
  constructor(
    trackers: readonly Tracker[],
    adopted: ReadonlyMap<string, AdoptedExperiment>,
    tools: DeliveryTools,
  ) {
    this.#trackers = trackers;
    this.#queues = trackers.map(({ name }) => new DeliveryQueue(name, tools.now, tools.warn));
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
    this.#open.set(id, { journal, watch: new PulseReader(), lease: null, deliveries: [] });
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
        await sleep(Math.max(LEAST_PAUSE_MS, next - this.#tools.now()), undefined, {
          signal: this.#abort.signal,
        }).catch(() => {});
      }
    } finally {
      clearTimeout(stop);
      this.#abort.abort();
    }
    return [...this.#open.values()]
      .filter((open) => !this.#end(open))
      .map(({ journal }) => journal);
  }

  /** Whether some failure was told. */
  get hasTold(): boolean {
    return this.#isTroubled || this.#queues.some(({ hasTold }) => hasTold);
  }

  /** Lets an experiment go. @returns whether all of it was taken */
  #end({ journal, lease, deliveries }: Open): boolean {
    let isDone = false;
    try {
      isDone = lease !== null && deliveries.every((one) => one.hasAll());
      if (isDone && journal.head.ended !== null && this.#covers(journal)) journal.closePart();
    } catch (error) {
      this.#tellTrouble(error);
    }
    lease?.release();
    return isDone;
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
      const { signal } = this.#abort;
      await Promise.all(this.#queues.map((queue) => queue.serve(this.#listFor(queue), signal)));
    } catch (error) {
      this.#tellTrouble(error);
    } finally {
      this.#isBusy = false;
    }
  }

  #listFor(queue: DeliveryQueue): Delivery[] {
    return [...this.#open.values()].flatMap(({ deliveries }) =>
      deliveries.filter(({ tracker }) => tracker === queue.tracker),
    );
  }

  /** When there is something to do next; null where there never is. */
  #nextMoment(): number | null {
    const isHeldUp = [...this.#open.values()].some(({ lease }) => lease === null);
    const moments = this.#queues.flatMap((queue) => queue.nextMoment(this.#listFor(queue)) ?? []);
    if (isHeldUp) moments.push(this.#tools.now() + PAUSE_MS);
    return moments.length === 0 ? null : Math.min(...moments);
  }

  /** Sees to it that no other process delivers the experiment, or waits for that. */
  #takeLease(open: Open): void {
    try {
      if (open.lease !== null) {
        const isWanted = open.deliveries.some(({ state }) => state === 'waiting');
        if (!isWanted || open.lease.isHeld()) return;
        open.lease.release();
        open.lease = null;
        open.deliveries = [];
      }
      const key = hashBytes(`track ${open.journal.head.id}`);
      const taken = this.#tools.leases.tryAcquire(key, open.watch);
      if ('heldBy' in taken) return;
      try {
        open.deliveries = this.#openDeliveries(open.journal, taken);
        open.lease = taken;
      } catch (error) {
        taken.release();
        throw error;
      }
    } catch (error) {
      this.#tellTrouble(error);
    }
  }

  #openDeliveries(journal: Journal, lease: Lease): Delivery[] {
    // Another process may have gone on with it.
    journal.refresh();
    const { now, object } = this.#tools;
    const { name, node, profile, id, mark, trackers } = journal.head;
    // Others at hand were never to be told of it.
    const told = this.#trackers.filter((tracker) => trackers.includes(tracker.name));
    return told.map(
      (tracker) =>
        new Delivery(
          tracker,
          journal,
          { name, node, profile, id, mark, object },
          this.#openCursor(journal, tracker.name),
          lease.isHeld,
          now,
          () => {
            this.#queues.find((queue) => queue.tracker === tracker.name)?.noteProgress();
            this.#progressed();
          },
        ),
    );
  }

  #openCursor({ folder, head }: Journal, name: string): Cursor {
    const cursor = new Cursor(folder, name, this.#tools.aside);
    const adopted = this.#adopted.get(name);
    if (adopted === undefined || !head.id.startsWith(adopted.work ?? '')) return cursor;
    if (cursor.memory === null) cursor.remember({ key: adopted.key, isAdopted: true });
    this.#adopted.delete(name);
    return cursor;
  }

  /** Of what the disk does not take here is told once. */
  #tellTrouble(error: unknown): void {
    if (this.#isTroubled) return;
    this.#isTroubled = true;
    const message = error instanceof Error ? error.message : String(error);
    this.#tools.warn(
      `trackers: ${message}; what they have not taken is kept for \`pipeline track upload\``,
    );
  }
}
