import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { StateLayout } from '../../../../pipeline/system/layout.ts';
import type { Journal } from '../../../../pipeline/track/journal.ts';
import { JournalStore } from '../../../../pipeline/track/journal-store.ts';

const LINEAGE = 'a'.repeat(64);
const ABOUT = { node: 'train', profile: 'default', trackers: ['mlflow'] };

let root: string;
let layout: StateLayout;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'journal-'));
  layout = new StateLayout(root, 'test-1-abc');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function openIn(store: JournalStore, fingerprint: string, about = ABOUT): Journal {
  const journal = store.open({ lineage: LINEAGE, fingerprint }, about);
  if (journal.isNew) journal.update({});
  return journal;
}

function addSteps(journal: Journal, ...steps: readonly number[]): void {
  for (const step of steps) {
    journal.add({ type: 'metrics', time: 1, step, epoch: null, values: { loss: 1 } });
  }
  journal.flush();
}

function stepsOf(journal: Journal): unknown[] {
  return journal.read(0, 100).map(({ item }) => ('step' in item ? item.step : null));
}

it('gives work that runs beside other work of its lineage a journal of its own', () => {
  const store = new JournalStore(layout);
  const short = openIn(store, 'ten');
  const long = openIn(store, 'twenty');
  expect([short.head.name, long.head.name]).toEqual(['train-aaaaaa', 'train-aaaaaa-2']);
  addSteps(short, 1, 2);
  addSteps(long, 1, 2, 3);
  expect([stepsOf(short), stepsOf(long)]).toEqual([
    [1, 2],
    [1, 2, 3],
  ]);
  // An attempt again finds its own, in another process too.
  expect(openIn(store, 'ten')).toBe(short);
  expect(openIn(new JournalStore(layout), 'ten').head.id).toBe(short.head.id);
});

it('lets longer work go on in the journal of shorter work that has ended, and the same work done anew not', () => {
  const store = new JournalStore(layout);
  const short = openIn(store, 'ten');
  addSteps(short, 1, 2);
  short.update({ ended: 'ten' });
  store.leave(short);
  const long = openIn(store, 'twenty');
  expect(long).toBe(short);
  addSteps(long, 1, 2, 3);
  expect(stepsOf(long)).toEqual([1, 2, 3]);
  long.update({ ended: 'twenty' });
  store.leave(long);
  expect(openIn(store, 'twenty').head.id).toBe(`${LINEAGE}-2`);
});

it('leaves a line without its end to whom appends, who may be writing it', () => {
  const journal = openIn(new JournalStore(layout), 'ten');
  addSteps(journal, 1);
  const path = join(journal.folder, 'journal-1.jsonl');
  const whole = readFileSync(path, 'utf8');
  appendFileSync(path, '{"type":"met');
  const [reader] = new JournalStore(layout).all();
  expect(reader?.read(0, 10)).toHaveLength(1);
  expect(readFileSync(path, 'utf8')).toBe(`${whole}{"type":"met`);
  const next = openIn(new JournalStore(layout), 'ten');
  addSteps(next, 1, 2);
  expect(stepsOf(next)).toEqual([1, 2]);
  expect(readFileSync(path, 'utf8')).not.toContain('{"type":"met{');
});

it('keeps what another process has changed, and learns what it has appended before a part is closed', () => {
  const stale = openIn(new JournalStore(layout), 'ten');
  const other = openIn(new JournalStore(layout), 'ten', { ...ABOUT, trackers: ['comet'] });
  addSteps(other, 1, 2);
  stale.update({ ended: 'ten' });
  expect(stale.head.trackers).toEqual(['mlflow', 'comet']);
  stale.closePart();
  // It was closed by another: this part is the next one, and is kept.
  addSteps(other, 2, 3);
  expect(other.head.part).toBe(2);
  expect(stepsOf(other)).toEqual([3]);
  other.closePart();
  stale.closePart();
  expect(stale.head).toMatchObject({ part: 3, reach: { loss: 3 } });
});

it('gives each journal a mark at random, and reads none without it', () => {
  const journal = openIn(new JournalStore(layout), 'ten');
  expect(journal.head.mark).toMatch(/^[0-9a-f]{16}$/);
  const path = join(journal.folder, 'experiment.json');
  const { mark, ...rest } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
  expect(new JournalStore(layout).read(journal.head.id)?.head.mark).toBe(mark);
  writeFileSync(path, JSON.stringify(rest));
  expect(new JournalStore(layout).read(journal.head.id)).toBeNull();
});
