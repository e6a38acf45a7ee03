/** The attempts that were made at a node, and their logs: from the event logs of runs. */

import type { KeptRun } from './account.ts';
import { type LoggedEvent, readEventLines, textMember } from './logged-event.ts';
import { readEventLog } from './read-events.ts';

/** One try at a node in a run. */
export interface LoggedAttempt {
  readonly run: KeptRun;
  readonly node: string;
  /** From 1. */
  readonly number: number;
  /** Path of its log from the workspace. */
  readonly log: string;
  readonly startedAt: number;
  /** Null where the log tells of no end. */
  readonly end: 'executed' | 'failed' | 'retried' | null;
  readonly seconds: number | null;
  /** Why it failed; null where it did not. */
  readonly message: string | null;
}

/** What a run did with a node: the attempts at it, in order, or what was found without one. */
export interface NodeInRun {
  readonly attempts: readonly LoggedAttempt[];
  /** `skipped`: never reached; null where the run says nothing of it. */
  readonly without: 'cached' | 'skipped' | null;
}

/** What a run did with a node. */
export function findAttempts(run: KeptRun, node: string): NodeInRun {
  const text = readEventLog(run.folder);
  // Most runs say nothing of most nodes, and their logs are long.
  const mark = `"node":${JSON.stringify(node)}`;
  if (!text.includes(mark)) return { attempts: [], without: null };
  const lines = text.split('\n').filter((line) => line.includes(mark));
  return tellAttempts(run, node, readEventLines(lines.join('\n')));
}

/** The names of all nodes that a run says something of. */
export function listLoggedNodes(run: KeptRun): ReadonlySet<string> {
  const events = readEventLines(readEventLog(run.folder));
  return new Set(events.flatMap((event) => textMember(event, 'node') ?? []));
}

function tellAttempts(run: KeptRun, node: string, events: readonly LoggedEvent[]): NodeInRun {
  const attempts: LoggedAttempt[] = [];
  let without: NodeInRun['without'] = null;
  const conclude = (event: LoggedEvent, end: NonNullable<LoggedAttempt['end']>) => {
    const last = attempts.pop();
    if (last === undefined) return;
    const seconds = (event.time - last.startedAt) / 1000;
    attempts.push({ ...last, end, seconds, message: textMember(event, 'message') });
  };
  for (const event of events) {
    if (textMember(event, 'node') !== node) continue;
    switch (event.type) {
      case 'node-started': {
        const log = textMember(event, 'log');
        if (log === null) break;
        const open = { end: null, seconds: null, message: null };
        const number = attempts.length + 1;
        attempts.push({ run, node, number, log, startedAt: event.time, ...open });
        break;
      }
      case 'node-retrying':
        conclude(event, 'retried');
        break;
      case 'node-failed':
        conclude(event, 'failed');
        break;
      case 'node-finished':
        if (event['outcome'] === 'cached') without = 'cached';
        else conclude(event, 'executed');
        break;
      case 'node-skipped':
        without = 'skipped';
        break;
    }
  }
  return { attempts, without };
}
