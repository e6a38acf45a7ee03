/** The tracking of a run, for real: journals in the state folder, trackers, leases. */

import type { Leases } from '../lease/leases.ts';
import type { RunEvent } from '../progress/events.ts';
import type { TrackerChoice } from '../track/choose-trackers.ts';
import { Deliveries } from '../track/deliveries.ts';
import type { Journal } from '../track/journal.ts';
import { JournalStore } from '../track/journal-store.ts';
import { openTracker } from '../track/open-trackers.ts';
import { RunTracking } from '../track/run-tracking.ts';
import type { Tracking } from './late-tracking.ts';
import type { Session } from './open-session.ts';

/** So long a run waits in the end for what trackers have not taken yet; and one that was stopped. */
const PATIENCE_MS = 10_000;
const STOPPED_PATIENCE_MS = 1_000;

/** What the tracking of a run needs of it. */
export interface TrackingNeeds {
  readonly run: string;
  readonly trackers: readonly TrackerChoice[];
  readonly isOffline: boolean;
  readonly leases: Leases;
  readonly report: (event: RunEvent) => void;
}

/** Opens the tracking of a run. */
export function openTracking(session: Session, needs: TrackingNeeds): Tracking {
  const { graph, layout, tools, root } = session;
  const { run, trackers, report } = needs;
  const warn = (node: string | null, text: string) =>
    report({ type: 'warning', time: Date.now(), node, text });
  const deliveries = openDeliveries(session, needs, (text) => warn(null, text));
  const { stages } = graph.spec.trackers;
  const tracking = new RunTracking(
    { run, profile: graph.profile, root, stages, trackers: trackers.map(({ name }) => name) },
    {
      journals: new JournalStore(layout),
      findResult: (fingerprint) => tools.results.read(fingerprint).result,
      object: (digest) => layout.object(digest),
      attend: (journal) => deliveries.attend(journal),
      warn,
    },
  );
  return {
    begin: (work) => tracking.begin(work),
    report: (event) => tracking.report(event),
    close: async (isStopped) => {
      tracking.close();
      const left = await deliveries.close(isStopped ? STOPPED_PATIENCE_MS : PATIENCE_MS, false);
      if (left.length > 0 && !deliveries.hasTold) warn(null, wordLeft(left));
    },
  };
}

/** What brings journals to trackers. @param warn told once of each tracker that fails */
export function openDeliveries(
  { graph, layout, root, tools }: Session,
  { trackers, isOffline, leases }: Pick<TrackingNeeds, 'trackers' | 'isOffline' | 'leases'>,
  warn: (text: string) => void,
): Deliveries {
  const around = {
    spec: graph.spec.trackers,
    root,
    environment: tools.environment,
    isOffline,
  };
  const adopted = trackers.flatMap(({ name, adopted: one }) =>
    one === null ? [] : [[name, one] as const],
  );
  return new Deliveries(
    trackers.map(({ name }) => openTracker(name, around)),
    new Map(adopted),
    {
      leases,
      object: (digest: string) => layout.object(digest),
      aside: layout.temporary,
      now: Date.now,
      warn,
    },
  );
}

function wordLeft(left: readonly Journal[]): string {
  const [one] = left;
  const what = left.length === 1 ? one?.head.node : `${left.length} experiments`;
  return `trackers have not taken all of ${what}; \`pipeline track upload\` sends the rest`;
}
