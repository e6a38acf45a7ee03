/** What an answer of a server means that is none of success. */

import { TrackerFault } from './tracker.ts';

/** What was sent is wrong, or what it is about is not there: other experiments may be taken all the same. */
const UNFIT: readonly number[] = [400, 404, 409, 413, 422];

/**
 * The fault of an answer. Too many requests: nothing was done. Not available, and errors of a server: a proxy says
 * so too where the server behind it has taken the request.
 *
 * @param message what is said of it
 * @param retryAfter the header `Retry-After`; null where there is none
 */
export function judgeStatus(
  status: number,
  message: string,
  retryAfter: string | null,
): TrackerFault {
  if (status === 429 || status === 503) {
    const waitMs = readRetryAfter(retryAfter);
    return new TrackerFault('busy', message, { isCertain: status === 429, waitMs });
  }
  if (status >= 500 || status === 408) {
    return new TrackerFault('away', message, { isCertain: false });
  }
  const kind = UNFIT.includes(status) ? 'unfit' : 'refused';
  return new TrackerFault(kind, message, { isCertain: true });
}

/** Milliseconds from seconds, or from a date (RFC 9110, 10.2.3); null where it says neither. */
function readRetryAfter(text: string | null): number | null {
  if (text === null) return null;
  const seconds = Number(text);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) && ms >= 0 ? ms : null;
}
