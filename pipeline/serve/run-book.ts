/** The runs of a workspace as the page lists them, read again only where their logs have changed. */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describeRun, wordAsked, wordEnd } from '../cli/print/print-runs.ts';
import { type KeptRun, type RunAccount, readAccount } from '../history/account.ts';
import { listRuns, shortenRunId } from '../history/find-run.ts';
import { readEventLine, textMember } from '../history/logged-event.ts';
import { isSystemError } from '../system/errors.ts';
import { readTail } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { ownerState } from '../system/owner.ts';
import { FollowedRun } from './followed-run.ts';
import { readWholeLines } from './log-lines.ts';

/** A run in the list: what `pipeline runs --json` says of it, and in words. */
export type ListedEntry = ReturnType<typeof describeRun> & {
  readonly short: string;
  /** What it was asked for, and how it ended, as `pipeline runs` says. */
  readonly asked: string;
  readonly ended: string;
};

/** So many runs are listed, the newest first. */
const MOST_LISTED = 60;
/** A log that grows, or whose process may have died, is judged again after so long. */
const STALE_MS = 2000;
/** So many runs are held in memory that were looked at last. */
const MOST_HELD = 4;

/** The end of a log that has its last event, whatever that tells. */
const TAIL_BYTES = 1 << 14;
const LAST_EVENT = '"type":"run-finished"';

interface KnownAccount {
  readonly account: RunAccount;
  readonly size: number;
  readonly readAt: number;
  /** Names the process that runs it. */
  readonly owner: string;
}

/** Knows the runs of a workspace. */
export class RunBook {
  readonly #layout: StateLayout;
  readonly #usualProfile: string | null;
  readonly #accounts = new Map<string, KnownAccount>();
  readonly #held = new Map<string, FollowedRun>();

  /** @param usualProfile as for {@link wordAsked} */
  constructor(layout: StateLayout, usualProfile: string | null) {
    this.#layout = layout;
    this.#usualProfile = usualProfile;
  }

  /** The newest runs, the newest first. */
  list(): readonly ListedEntry[] {
    return listRuns(this.#layout)
      .slice(-MOST_LISTED)
      .reverse()
      .map((run) => this.#describe(this.account(run)));
  }

  /** A run by its whole name, or `latest`, be it a pilot; null where there is none. */
  find(id: string): KeptRun | null {
    const runs = listRuns(this.#layout);
    if (id === 'latest') return runs.at(-1) ?? null;
    return runs.find((run) => run.id === id) ?? null;
  }

  /** What a run's log tells of it, at most two seconds ago. */
  account(run: KeptRun): RunAccount {
    const known = this.#accounts.get(run.id);
    const now = Date.now();
    if (known !== undefined) {
      const isOver = known.account.end !== 'running' && known.size === sizeOf(run);
      if (isOver || now - known.readAt < STALE_MS) return known.account;
    }
    if (known?.account.end === 'running' && this.#goesOn(known)) {
      const refreshed = { ...known, account: this.#refresh(known.account, now), readAt: now };
      this.#accounts.set(run.id, refreshed);
      return refreshed.account;
    }
    const size = sizeOf(run);
    const account = readAccount(run, this.#layout);
    this.#accounts.set(run.id, { account, size, readAt: now, owner: ownerOf(run) });
    return account;
  }

  /** Whether a run that went on goes on still: of a long log only the end is looked at. */
  #goesOn({ account, owner }: KnownAccount): boolean {
    if (ownerState(owner, this.#layout.owner) !== 'alive') return false;
    try {
      const tail = readTail(join(account.folder, 'events.jsonl'), TAIL_BYTES).toString();
      return !tail.includes(LAST_EVENT);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return false;
    }
  }

  #refresh(account: RunAccount, now: number): RunAccount {
    const { startedAt } = account;
    const seconds = startedAt === null ? null : Math.round((now - startedAt) / 1000);
    const counts = this.#held.get(account.id)?.view.counts ?? account;
    const { executed, cached, failed, skipped } = counts;
    return { ...account, seconds, executed, cached, failed, skipped };
  }

  /** The state of a run as of now. */
  follow(run: KeptRun): FollowedRun {
    const followed = this.#held.get(run.id) ?? new FollowedRun(run);
    this.#held.delete(run.id);
    this.#held.set(run.id, followed);
    for (const id of this.#held.keys()) {
      if (this.#held.size <= MOST_HELD) break;
      this.#held.delete(id);
    }
    followed.catchUp();
    return followed;
  }

  #describe(account: RunAccount): ListedEntry {
    return {
      ...describeRun(account),
      short: shortenRunId(account.id),
      asked: wordAsked(account, this.#usualProfile),
      ended: wordEnd(account),
    };
  }
}

function sizeOf({ folder }: KeptRun): number {
  return statSync(join(folder, 'events.jsonl'), { throwIfNoEntry: false })?.size ?? 0;
}

function ownerOf({ folder }: KeptRun): string {
  const { lines } = readWholeLines(join(folder, 'events.jsonl'), 0);
  return textMember(readEventLine(lines[0] ?? ''), 'owner') ?? '';
}
