import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openLeases } from '../../../../pipeline/lease/open-leases.ts';
import { StateLayout } from '../../../../pipeline/system/layout.ts';
import { Deliveries } from '../../../../pipeline/track/deliveries.ts';
import { type Delivery, measurePause } from '../../../../pipeline/track/delivery.ts';
import { DeliveryQueue } from '../../../../pipeline/track/delivery-queue.ts';
import type { Journal } from '../../../../pipeline/track/journal.ts';
import { JournalStore } from '../../../../pipeline/track/journal-store.ts';
import { type Tracker, TrackerFault } from '../../../../pipeline/trackers/tracker.ts';

let root: string;
let layout: StateLayout;
let warnings: string[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'deliveries-'));
  layout = new StateLayout(root, 'test-1-abc');
  warnings = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A tracker that takes what it is given, but of some experiments fails. */
function trackerOf(name: string, failures: Readonly<Record<string, Error>>) {
  const taken: string[] = [];
  const tracker: Tracker = {
    name,
    open: ({ node }) => ({
      most: 10,
      take: async ({ items, acknowledge }) => {
        if (failures[node] !== undefined) throw failures[node];
        taken.push(node);
        acknowledge(items.length);
      },
    }),
  };
  return { tracker, taken };
}

function journalOf(node: string, trackers: readonly string[]): Journal {
  const work = { lineage: node.padEnd(64, '0'), fingerprint: node };
  const journal = new JournalStore(layout).open(work, { node, profile: 'default', trackers });
  journal.update({});
  journal.add({ type: 'metrics', time: 1, step: 1, epoch: null, values: { loss: 1 } });
  journal.flush();
  return journal;
}

function openAll(trackers: readonly Tracker[]): Deliveries {
  return new Deliveries(trackers, new Map(), {
    leases: openLeases(layout, {}),
    object: (digest) => layout.object(digest),
    aside: layout.temporary,
    now: Date.now,
    warn: (text) => warnings.push(text),
  });
}

async function deliver(
  trackers: readonly Tracker[],
  journals: readonly Journal[],
  patienceMs = 400,
): Promise<string[]> {
  const deliveries = openAll(trackers);
  for (const journal of journals) deliveries.attend(journal);
  return (await deliveries.close(patienceMs, false)).map(({ head }) => head.node);
}

it('makes a fault of any error, which ends neither the process nor what others are told', async () => {
  const tooLarge = new RangeError('File size (3000000000) is greater than 2 GiB');
  const { tracker, taken } = trackerOf('mlflow', { a: tooLarge });
  const left = await deliver([tracker], [journalOf('a', ['mlflow']), journalOf('b', ['mlflow'])]);
  expect(left).toEqual(['a']);
  expect(taken).toEqual(['b']);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/^tracker mlflow: File size.* experiment a-a00000 by this run/);
});

it('tells once of a disk that takes neither cursors nor leases, and keeps what is to be told', async () => {
  const { tracker, taken } = trackerOf('mlflow', {});
  const journal = journalOf('a', ['mlflow']);
  // A folder stands where the cursor goes.
  mkdirSync(join(journal.folder, 'mlflow.json', 'x'), { recursive: true });
  expect(await deliver([tracker], [journal])).toEqual(['a']);
  expect(warnings).toEqual([expect.stringMatching(/^trackers: EISDIR.*kept/)]);
  rmSync(join(journal.folder, 'mlflow.json'), { recursive: true });
  warnings = [];
  // A file stands where the leases go.
  const leases = dirname(layout.leaseFolder('0'.repeat(64)));
  rmSync(leases, { recursive: true, force: true });
  writeFileSync(leases, '');
  expect(await deliver([tracker], [journal])).toEqual(['a']);
  expect(warnings).toEqual([expect.stringMatching(/^trackers: E.*kept/)]);
  rmSync(leases);
  expect(await deliver([tracker], [journal])).toEqual([]);
  expect(taken).toEqual(['a']);
});

it('keeps no experiment waiting for one that always fails', async () => {
  const away = new TrackerFault('away', 'no answer', { isCertain: false });
  const { tracker, taken } = trackerOf('mlflow', { a: away });
  const journals = ['a', 'b', 'c'].map((node) => journalOf(node, ['mlflow']));
  expect(await deliver([tracker], journals, 1_500)).toEqual(['a']);
  expect(taken).toEqual(['b', 'c']);
  expect(warnings).toEqual([
    expect.stringContaining('tracker mlflow: no answer; it is tried again'),
  ]);
});

it('names a few experiments that a server does not take, and tells it of all others', async () => {
  const unfit = new TrackerFault('unfit', 'POST /x was answered with 400', { isCertain: true });
  const nodes = ['a', 'b', 'c', 'd', 'e'];
  const failures = Object.fromEntries(nodes.slice(0, 4).map((node) => [node, unfit]));
  const { tracker, taken } = trackerOf('comet', failures);
  const left = await deliver(
    [tracker],
    nodes.map((node) => journalOf(node, ['comet'])),
  );
  expect(left).toEqual(['a', 'b', 'c', 'd']);
  expect(taken).toEqual(['e']);
  expect(warnings).toHaveLength(3);
});

it('tells a tracker nothing more that refuses altogether', async () => {
  const refused = new TrackerFault('refused', 'no key', { isCertain: true });
  const { tracker, taken } = trackerOf('comet', { a: refused });
  const journals = ['a', 'b'].map((node) => journalOf(node, ['comet']));
  expect(await deliver([tracker], journals)).toEqual(['a', 'b']);
  expect(taken).toEqual([]);
  expect(warnings).toHaveLength(1);
});

it('tells an experiment to no tracker that was not to have it', async () => {
  const mlflow = trackerOf('mlflow', {});
  const comet = trackerOf('comet', {});
  const journals = [journalOf('a', ['mlflow']), journalOf('b', ['mlflow', 'comet'])];
  expect(await deliver([mlflow.tracker, comet.tracker], journals)).toEqual([]);
  expect(mlflow.taken).toEqual(['a', 'b']);
  expect(comet.taken).toEqual(['b']);
});

it.each([
  [0, 0, 1_000],
  [3, null, 8_000],
  [0, 5_000, 5_000],
  [20, null, 60_000],
  [0, 3_600_000, 600_000],
])('after %i failures, and asked for %s ms, waits %i ms', (failures, asked, wait) => {
  expect(measurePause(failures, asked)).toBe(wait);
});

it('leaves a tracker alone for longer with each failure, until it has taken something', async () => {
  let time = 0;
  const queue = new DeliveryQueue(
    'mlflow',
    () => time,
    () => {},
  );
  const away = new TrackerFault('away', 'no answer', { isCertain: false });
  const failing = { state: 'waiting', notBefore: 0, deliver: async () => away };
  const deliveries = [failing as unknown as Delivery];
  const pauseAfterFailure = async () => {
    await queue.serve(deliveries, AbortSignal.timeout(5_000));
    const pause = (queue.nextMoment(deliveries) ?? 0) - time;
    time += pause;
    return pause;
  };
  expect([await pauseAfterFailure(), await pauseAfterFailure()]).toEqual([1_000, 2_000]);
  queue.noteProgress();
  expect(await pauseAfterFailure()).toBe(1_000);
});
