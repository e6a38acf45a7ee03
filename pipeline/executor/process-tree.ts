/** All that a stage has started, also what left its group: found and ended. */

import type { ChildProcess } from 'node:child_process';
import { openProcessTable, type ProcessEntry } from '../system/process-table.ts';

/** How long a stage may take to end after SIGTERM before it is killed. */
const GRACE_MS = 5_000;

/**
 * A process group and what its processes started in groups of their own (`setsid`), found by their
 * parents where the system tells of them. What left before the first signal, its parents gone, is not found.
 */
export class ProcessTree {
  readonly #leader: number | undefined;
  /** By number, the start of each process that was seen to belong to the tree. */
  readonly #known = new Map<number, string>();

  /** @param leader the process that leads the group; one that could not be started has no number */
  constructor({ pid }: ChildProcess) {
    this.#leader = pid;
  }

  /** Sends a signal to all of it that is alive. */
  signal(signal: NodeJS.Signals): void {
    if (this.#leader === undefined) return;
    for (const pid of [-this.#leader, ...this.#findStrays()]) send(pid, signal);
  }

  /** Asks all of it to end, and forces it after a grace period. @returns what calls that off */
  end(): () => void {
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), GRACE_MS);
    return () => clearTimeout(timer);
  }

  /** Kills what is left of the group; where the tree was signalled before, of all of it. */
  clear(): void {
    if (this.#known.size > 0) this.signal('SIGKILL');
    else if (this.#leader !== undefined) send(-this.#leader, 'SIGKILL');
  }

  #findStrays(): number[] {
    const entries = openProcessTable().list();
    const isOurs = ({ pid, group, start }: ProcessEntry) =>
      group === this.#leader || this.#known.get(pid) === start;
    const ours = withDescendants(entries, isOurs);
    for (const { pid, start } of ours.values()) this.#known.set(pid, start);
    return [...ours.values()].filter(({ group }) => group !== this.#leader).map(({ pid }) => pid);
  }
}

/** Sends a signal to a process that runs, to the group that it may lead, and to all below it. */
export function signalBelow(pid: number, signal: NodeJS.Signals): void {
  const below = withDescendants(openProcessTable().list(), (entry) => entry.pid === pid);
  for (const one of new Set([-pid, pid, ...below.keys()])) send(one, signal);
}

function withDescendants(
  entries: readonly ProcessEntry[],
  isRoot: (entry: ProcessEntry) => boolean,
): Map<number, ProcessEntry> {
  const found = new Map(entries.filter(isRoot).map((entry) => [entry.pid, entry]));
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const entry of entries) if (found.has(entry.parent)) found.set(entry.pid, entry);
  }
  return found;
}

/** @param pid a process, or a group as a negative number */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already.
  }
}
