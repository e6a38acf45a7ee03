/** What a past run was asked, and how it ended: from its event log. */

import { join } from 'node:path';
import type { StateLayout } from '../system/layout.ts';
import { ownerState } from '../system/owner.ts';
import {
  booleanMember,
  type LoggedEvent,
  numberMember,
  readEventLine,
  readEventLines,
  textMember,
  textsMember,
} from './logged-event.ts';
import { readEventLog } from './read-events.ts';

/** Where a run stands among those that are kept. */
export interface KeptRun {
  /** Name of its folder; sorts by when it started. */
  readonly id: string;
  /** Absolute path of its folder. */
  readonly folder: string;
  /** Of `run --pilot`, whose results and outputs are kept apart. */
  readonly isPilot: boolean;
}

/** A run as its log tells of it. What the log of an earlier version lacks is null. */
export interface RunAccount extends KeptRun {
  /** Milliseconds since the epoch. */
  readonly startedAt: number | null;
  /** None for everything. */
  readonly targets: readonly string[] | null;
  readonly profile: string | null;
  /** What `--set` changed, `key=value`. */
  readonly settings: readonly string[] | null;
  /** Names the exploration that it was; null for none. */
  readonly exploration: string | null;
  /** Whether it went without the network. */
  readonly offline: boolean | null;
  /** Which trackers it had, each as `--tracker` has it. */
  readonly trackers: readonly string[] | null;
  /** How many nodes were selected. */
  readonly nodes: number | null;
  /**
   * `killed`: its log has no end and its process is gone. `lost`: its log has no end, and nothing tells
   * whether its process, on another host perhaps, lives.
   */
  readonly end: 'done' | 'failed' | 'interrupted' | 'killed' | 'running' | 'lost';
  /** Until its end, or until what its log tells last. */
  readonly seconds: number | null;
  readonly executed: number;
  readonly cached: number;
  readonly failed: number;
  readonly skipped: number;
  /** The note of the results that it relied on; null where it has none. */
  readonly used: string | null;
}

const EVERYTHING = 'everything';
const INTERRUPTED = '"type":"run-interrupted"';

/** Reads what a run's log tells of it. */
export function readAccount(run: KeptRun, layout: StateLayout): RunAccount {
  const text = readEventLog(run.folder);
  const first = readEventLine(text.slice(0, text.indexOf('\n') + 1 || undefined).trimEnd());
  const started = first?.type === 'run-started' ? first : null;
  const about = {
    ...run,
    startedAt: started?.time ?? null,
    targets: listTargets(started),
    profile: textMember(started, 'profile'),
    settings: textsMember(started, 'settings'),
    exploration: textMember(started, 'as'),
    offline: booleanMember(started, 'offline'),
    trackers: textsMember(started, 'trackers'),
    nodes: numberMember(started, 'nodes'),
  };
  const wasInterrupted = text.includes(INTERRUPTED);
  const last = readEventLine(text.trimEnd().slice(text.trimEnd().lastIndexOf('\n') + 1));
  const finished = last?.type === 'run-finished' ? last : null;
  if (finished !== null) {
    const count = (name: string) => numberMember(finished, name) ?? 0;
    return {
      ...about,
      end: wasInterrupted ? 'interrupted' : count('failed') > 0 ? 'failed' : 'done',
      seconds: numberMember(finished, 'seconds'),
      executed: count('executed'),
      cached: count('cached'),
      failed: count('failed'),
      skipped: count('skipped'),
      used: textMember(finished, 'used'),
    };
  }
  const events = readEventLines(text);
  const until = events.at(-1)?.time ?? null;
  const end = judgeEndless(started, wasInterrupted, layout);
  const now = end === 'running' ? Date.now() : until;
  return {
    ...about,
    ...countNodes(events),
    end,
    seconds: started === null || now === null ? null : (now - started.time) / 1000,
    used: null,
  };
}

/** Where the event log of a run is, from the folder of all runs. */
export function keptRunAt(root: string, id: string, isPilot: boolean): KeptRun {
  return { id, folder: join(root, id), isPilot };
}

function listTargets(started: LoggedEvent | null): readonly string[] | null {
  const targets = textsMember(started, 'targets');
  return targets?.length === 1 && targets[0] === EVERYTHING ? [] : targets;
}

function judgeEndless(
  started: LoggedEvent | null,
  wasInterrupted: boolean,
  layout: StateLayout,
): RunAccount['end'] {
  const owner = textMember(started, 'owner');
  const state = owner === null ? 'unknown' : ownerState(owner, layout.owner);
  if (state === 'alive') return 'running';
  // A second Ctrl-C ends the process at once.
  if (wasInterrupted) return 'interrupted';
  return state === 'gone' ? 'killed' : 'lost';
}

function countNodes(events: readonly LoggedEvent[]) {
  const counts = { executed: 0, cached: 0, failed: 0, skipped: 0 };
  for (const event of events) {
    if (event.type === 'node-failed') counts.failed++;
    else if (event.type === 'node-skipped') counts.skipped++;
    else if (event.type === 'node-finished') {
      counts[event['outcome'] === 'cached' ? 'cached' : 'executed']++;
    }
  }
  return counts;
}
