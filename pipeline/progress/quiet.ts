/** `--quiet`: only what calls for attention. */

import type { Reporter, RunEvent } from './events.ts';
import { openPlainReporter, type PlainOptions } from './plain.ts';

/**
 * The reporter of `--quiet`: in the plain reporter's words only what calls for attention, that is
 * warnings, failures and an interruption; the final line where one of the latter two happened. A
 * run that went well prints nothing.
 */
export function openQuietReporter(options: PlainOptions): Reporter {
  const plain = openPlainReporter(options);
  let interrupted = false;
  return {
    report(event) {
      interrupted ||= event.type === 'run-interrupted';
      if (callsForAttention(event, interrupted)) plain.report(event);
    },
    close: plain.close,
  };
}

function callsForAttention(event: RunEvent, interrupted: boolean): boolean {
  switch (event.type) {
    case 'node-failed':
    case 'node-retrying':
    case 'warning':
    case 'mistakes':
    case 'run-interrupted':
      return true;
    case 'node-event':
      return event.event.type === 'message' && event.event.level === 'warning';
    case 'node-rechecked':
      return event.differing.length > 0;
    case 'run-finished':
      return event.failed > 0 || interrupted;
    case 'run-started':
    case 'node-explained':
    case 'node-started':
    case 'work-left':
    case 'load':
    case 'transfer':
    case 'node-waiting':
    case 'node-finished':
    case 'node-skipped':
    case 'watch':
      return false;
    default:
      event satisfies never;
      return false;
  }
}
