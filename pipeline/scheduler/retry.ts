import type { RetrySpec } from '../spec/types.ts';

/** No wait before another attempt is longer. */
const MAX_WAIT_SECONDS = 300;

/** Seconds to wait after an attempt, from 1, before the next: twice as long each time; null to give up. */
export function waitAfter(attempt: number, { attempts, backoffSeconds }: RetrySpec): number | null {
  if (attempt > attempts) return null;
  return Math.min(backoffSeconds * 2 ** (attempt - 1), Math.max(MAX_WAIT_SECONDS, backoffSeconds));
}

/** Waits, or less long if the signal comes first. */
export function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, seconds * 1000);
    if (signal.aborted) finish();
    else signal.addEventListener('abort', finish);
  });
}

/** The name of an attempt's log: each keeps its own. */
export function nameLog(node: string, attempt: number): string {
  const name = node.replaceAll('/', '--');
  return attempt === 1 ? `${name}.log` : `${name}.attempt-${attempt}.log`;
}
