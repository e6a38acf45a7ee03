/** The logs of results, for commands of a workspace: what was printed when they were made. */

import { ObjectStore } from '../cache/objects.ts';
import { ResultStore } from '../cache/results.ts';
import type { KeptLog } from '../contract/command.ts';
import { isDigest } from '../fingerprint/canonical.ts';
import type { Fingerprint } from '../fingerprint/record.ts';
import { cleanLines } from '../progress/text.ts';
import { readTail } from '../system/files.ts';
import { withLayout } from './open-layout.ts';

/**
 * Reads the ends of the logs of results, as lines that are safe to show.
 *
 * @param most bytes of a log that are read
 * @returns by fingerprint; of results without a log nothing
 * @throws {UserMistakes} where the workspace's own files cannot be read
 */
export function readLogs(
  fingerprints: readonly string[],
  most: number,
  directory: string,
): Promise<Readonly<Record<string, KeptLog>>> {
  return withLayout(directory, undefined, (layout) => {
    const results = new ResultStore(layout);
    const objects = new ObjectStore(layout);
    const logs: Record<string, KeptLog> = {};
    for (const fingerprint of fingerprints) {
      if (!isDigest(fingerprint)) continue;
      const { result } = results.read(fingerprint as Fingerprint);
      const log = result?.log ?? null;
      if (log === null || objects.check(log) !== 'sound') continue;
      const tail = readTail(objects.path(log), most + 1);
      const isCut = tail.length > most;
      const lines = cleanLines(tail.toString());
      // The first one is a part of a line.
      logs[fingerprint] = { text: (isCut ? lines.slice(1) : lines).join('\n'), isCut };
    }
    return logs;
  });
}
