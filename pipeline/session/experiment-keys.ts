/** Under which keys trackers know an experiment. */

import type { ExperimentKeys } from '../contract/command.ts';
import { Cursor } from '../track/cursor.ts';
import { JournalStore } from '../track/journal-store.ts';
import { withSession } from './with-session.ts';

/** The letters of its work that an experiment is told by. */
const WORK = 16;

/**
 * The keys of the experiment that made a result.
 *
 * @returns null where it was tracked by nobody
 * @throws {UserMistakes} with what is wrong in `pipeline.yaml`
 */
export function findExperimentKeys(
  directory: string,
  fingerprint: string,
): Promise<ExperimentKeys | null> {
  return withSession({ directory }, [], {}, async ({ layout }) => {
    const journal = new JournalStore(layout)
      .all()
      .findLast(({ head }) => head.ended === fingerprint);
    if (journal === undefined) return null;
    const keys: Record<string, string> = {};
    for (const tracker of journal.head.trackers) {
      const { key } = new Cursor(journal.folder, tracker, layout.temporary).memory ?? {};
      if (typeof key === 'string') keys[tracker] = key;
    }
    return { work: journal.head.id.slice(0, WORK), keys };
  });
}
