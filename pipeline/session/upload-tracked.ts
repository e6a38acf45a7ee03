/** `track upload`, acting: what trackers have not taken of experiments → the trackers. */

import { openLeases } from '../lease/open-leases.ts';
import { TRACKER_NAMES, type TrackerChoice } from '../track/choose-trackers.ts';
import { Cursor } from '../track/cursor.ts';
import type { Journal } from '../track/journal.ts';
import { JournalStore } from '../track/journal-store.ts';
import { badArgument } from './mistakes.ts';
import type { WorkspaceOptions } from './open-session.ts';
import { openDeliveries } from './track-run.ts';
import { withSession } from './with-session.ts';

/** So long is waited for a tracker that takes nothing. */
const PATIENCE_MS = 60_000;

/** What became of experiments of which something was left, by their names. */
export interface UploadedExperiments {
  readonly sent: readonly string[];
  readonly left: readonly string[];
}

/**
 * Sends what is left of all experiments, each to the trackers that were to have it.
 *
 * @param only these trackers; none for all
 * @param warn told once of each tracker that fails
 * @throws {UserMistakes} with what is wrong in `pipeline.yaml` or the arguments
 */
export function uploadTracked(
  options: WorkspaceOptions,
  only: readonly string[],
  warn: (text: string) => void,
): Promise<UploadedExperiments> {
  for (const name of only) {
    if (TRACKER_NAMES.some((one) => one === name)) continue;
    throw badArgument('--tracker', `"${name}" is no tracker`, {
      expected: TRACKER_NAMES.join(', '),
    });
  }
  return withSession(options, [], { writer: 'track upload' }, async (session) => {
    const { layout, tools } = session;
    const leases = openLeases(layout, tools.environment);
    const asked = TRACKER_NAMES.filter((name) => only.length === 0 || only.includes(name));
    const hasMore = (journal: Journal, name: string) => {
      const cursor = new Cursor(journal.folder, name, layout.temporary);
      return journal.read(cursor.offset(journal.head.part), 1).length > 0;
    };
    const waiting = new JournalStore(layout)
      .all()
      .filter((journal) =>
        asked.some((name) => journal.head.trackers.includes(name) && hasMore(journal, name)),
      );
    const names = asked.filter((name) => waiting.some(({ head }) => head.trackers.includes(name)));
    const trackers = names.map((name): TrackerChoice => ({ name, adopted: null }));
    const deliveries = openDeliveries(session, { trackers, isOffline: false, leases }, warn);
    for (const journal of waiting) deliveries.attend(journal);
    const left = await deliveries.close(PATIENCE_MS, true);
    const nameAll = (journals: typeof waiting) => journals.map(({ head }) => head.name);
    return {
      sent: nameAll(waiting.filter((one) => !left.includes(one))),
      left: nameAll([...left]),
    };
  });
}
