/** A logged event → the event that a console would have been told, where an estimate goes by it and its members are sound. */

import {
  innerEvent,
  type LoggedEvent,
  numberMember,
  textMember,
  textsMember,
} from '../history/logged-event.ts';
import type { RunEvent } from '../progress/events.ts';

/** The event; null where it is of no use for an estimate, or not what it should be. */
export function toRunEvent(logged: LoggedEvent): RunEvent | null {
  const { type, time } = logged;
  const node = textMember(logged, 'node');
  const number = (name: string) => numberMember(logged, name);
  switch (type) {
    case 'run-started': {
      const [nodes, jobs] = [number('nodes'), number('jobs')];
      if (nodes === null || jobs === null) return null;
      const targets = textsMember(logged, 'targets') ?? [];
      return { type, time, runFolder: '', targets, profile: '', notice: null, nodes, jobs };
    }
    case 'work-left': {
      const [nodes, seconds] = [number('nodes'), number('seconds')];
      const [longestSeconds, unknown] = [number('longestSeconds'), number('unknown')];
      if (nodes === null || seconds === null || longestSeconds === null || unknown === null) {
        return null;
      }
      return { type, time, nodes, seconds, longestSeconds, unknown };
    }
    case 'run-interrupted':
      return { type, time, signal: '' };
    default:
      return node === null ? null : toNodeEvent(logged, node);
  }
}

function toNodeEvent(logged: LoggedEvent, node: string): RunEvent | null {
  const { type, time } = logged;
  const seconds = numberMember(logged, 'seconds') ?? 0;
  switch (type) {
    case 'node-started': {
      const expectedSeconds = numberMember(logged, 'expectedSeconds');
      return { type, time, node, log: '', expectedSeconds };
    }
    case 'node-event': {
      const told = innerEvent(logged);
      const value = told.type === 'fraction' ? numberMember(told, 'value') : null;
      return value === null ? null : { type, time, node, event: { type: 'fraction', value } };
    }
    case 'node-waiting':
      return { type, time, node, host: '', pid: 0 };
    case 'node-finished': {
      const outcome = logged['outcome'] === 'cached' ? 'cached' : 'executed';
      return { type, time, node, outcome, restored: false, seconds, summary: {} };
    }
    case 'node-failed':
      return { type, time, node, message: '', log: null, logTail: [], seconds };
    case 'node-retrying':
      return {
        ...{ type, time, node, attempt: 1, attempts: 1 },
        ...{ waitSeconds: 0, message: '', log: '' },
      };
    case 'node-skipped':
      return { type, time, node, because: '' };
    default:
      return null;
  }
}
