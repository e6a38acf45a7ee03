import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Inspection } from '../../../../pipeline/inspect/inspect.ts';
import { StateLayout } from '../../../../pipeline/system/layout.ts';
import { JournalStore } from '../../../../pipeline/track/journal-store.ts';
import { RunTracking } from '../../../../pipeline/track/run-tracking.ts';

let root: string;
let layout: StateLayout;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'run-tracking-'));
  layout = new StateLayout(root, 'test-1-abc');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Work at a stage that is extended by more epochs, as much of it as tracking asks for. */
function workOf(id: string, epochs: number): Inspection {
  const stage = { name: 'train', extends: 'epochs' };
  const work = {
    node: { id, stage, cell: {}, inputs: [], outputs: [] },
    record: { params: { epochs } },
    fingerprint: `${epochs}`,
  };
  return work as unknown as Inspection;
}

function trackAll(act: (tracking: RunTracking) => void): string[] {
  const warnings: string[] = [];
  const tracking = new RunTracking(
    { run: 'r', profile: 'default', root, stages: {}, trackers: ['mlflow'] },
    {
      journals: new JournalStore(layout),
      findResult: () => null,
      object: () => '',
      attend: () => {},
      warn: (_, text) => warnings.push(text),
    },
  );
  act(tracking);
  tracking.close();
  return warnings;
}

function measure(tracking: RunTracking, node: string, step: number): void {
  const event = { type: 'metrics', step, values: { loss: 1 } } as const;
  tracking.report({ type: 'node-event', time: 1, node, event });
}

/** The steps in each journal, by the name of its experiment. */
function stepsByName(): Record<string, unknown[]> {
  const journals = new JournalStore(layout).all();
  return Object.fromEntries(
    journals.map((journal) => [
      journal.head.name.replace(/-[0-9a-f]{6}/, ''),
      journal.read(0, 100).flatMap(({ item }) => (item.type === 'metrics' ? [item.step] : [])),
    ]),
  );
}

it('tells each of two lengths that run beside each other every step once, and then goes on with the last', () => {
  const warnings = trackAll((tracking) => {
    tracking.begin(workOf('a', 2));
    tracking.begin(workOf('b', 3));
    for (const step of [1, 2]) for (const node of ['a', 'b']) measure(tracking, node, step);
    measure(tracking, 'b', 3);
    const failure = { type: 'node-failed', time: 2, seconds: 1 } as const;
    for (const node of ['a', 'b']) tracking.report({ ...failure, node } as never);
    tracking.begin(workOf('c', 4));
    for (const step of [2, 3, 4]) measure(tracking, 'c', step);
  });
  expect(warnings).toEqual([]);
  expect(stepsByName()).toEqual({ a: [1, 2], 'b-2': [1, 2, 3, 4] });
});

it('rounds steps, and counts on from the last where there is none that can be', () => {
  trackAll((tracking) => {
    tracking.begin(workOf('a', 2));
    for (const step of [0.9, 1.2, 2.5, 1e300]) measure(tracking, 'a', step);
  });
  expect(stepsByName()).toEqual({ a: [1, 3, 4] });
});
