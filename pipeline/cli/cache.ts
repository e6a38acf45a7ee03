/** `pipeline cache stats`, `verify` and `repair`: arguments → one call each → what is printed. */

import { countCache, scrubWorkspace } from '../session/look-after-cache.ts';
import type { Output } from './output.ts';
import { formatScrub, formatStats } from './print/print-cache.ts';

/** Options that every command on the cache has. */
export interface CacheOptions {
  readonly directory?: string;
  readonly json?: boolean;
}

/** `pipeline cache stats`: what the cache holds and how large it is. @returns the exit code */
export async function cacheStatsCommand(
  { directory, json }: CacheOptions,
  output: Output,
): Promise<number> {
  const { stats, quarantine } = await countCache(directory);
  output.print(`${json === true ? JSON.stringify(stats) : formatStats(stats, quarantine)}\n`);
  return 0;
}

/**
 * `pipeline cache verify` and `repair`: hashes all objects and reads all records again; `repair`
 * puts what is damaged out of the way.
 *
 * @returns the exit code: 1 where something is damaged and stays so
 */
export async function cacheScrubCommand(
  { directory, json }: CacheOptions,
  repairs: boolean,
  output: Output,
): Promise<number> {
  const scrubbed = await scrubWorkspace(directory, repairs);
  const { report } = scrubbed;
  output.print(`${json === true ? JSON.stringify(report) : formatScrub(scrubbed, repairs)}\n`);
  return report.faults.length > 0 && !repairs ? 1 : 0;
}
