import { describeEarlierVersion } from '../cache/earlier-version.ts';
import type { Session } from '../session/open-session.ts';

/** Says on standard error that the cache holds results of an earlier version, where it does. */
export function tellEarlierVersion({ layout, tools }: Session): void {
  const text = describeEarlierVersion(layout, tools.results);
  if (text !== null) process.stderr.write(`pipeline: ${text}\n`);
}
