import { describeEarlierVersion } from '../cache/earlier-version.ts';
import type { Workspace } from '../session/open-workspace.ts';

/** Says on standard error that the cache holds results of an earlier version, where it does. */
export function tellEarlierVersion({ layout, tools }: Workspace): void {
  const text = describeEarlierVersion(layout, tools.results);
  if (text !== null) process.stderr.write(`pipeline: ${text}\n`);
}
