import { readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { FileClock } from '../../../../pipeline/fingerprint/file-clock.ts';
import { hasStamp, readStamp, stampOf } from '../../../../pipeline/fingerprint/file-stamp.ts';
import { makeFolder, removeFolders } from '../../../fixtures/folder.ts';

afterAll(removeFolders);

/** What `stat` shows of a file that was changed at a time, on a disk whose clock has a tick. */
function changedAt(ms: number, tick: number): Stats {
  const time = Math.floor(ms / tick) * tick;
  return { size: 1, ino: 1, dev: -1, mtimeMs: time, ctimeMs: time } as Stats;
}

describe('FileClock', () => {
  it('never vouches for a file whose next change could leave the same stamp', () => {
    const ticks = fc.constantFrom(0.001, 1, 4, 10, 1000, 2000);
    const delay = fc.double({ min: 0, max: 12_000, noNaN: true });
    const start = fc.double({ min: 1e12, max: 1e12 + 4000, noNaN: true });
    fc.assert(
      fc.property(ticks, start, delay, delay, (tick, changed, untilRead, untilNext) => {
        const stats = changedAt(changed, tick);
        const read = changed + untilRead;
        const next = changedAt(read + untilNext, tick);
        const isQuiet = new FileClock(() => read, null).isQuiet(stats);
        expect(isQuiet && hasStamp(next, stampOf(stats))).toBe(false);
      }),
    );
  });

  it('vouches in the end, however coarse the clock is', () => {
    const clock = (ms: number) => new FileClock(() => 1e12 + ms, null);
    expect(clock(30).isQuiet(changedAt(1e12 + 1, 0.1))).toBe(true);
    expect(clock(5_000).isQuiet(changedAt(1e12, 2000))).toBe(false);
    expect(clock(20_000).isQuiet(changedAt(1e12, 2000))).toBe(true);
  });

  it('asks the file system of its folder, whose clock may be another than ours, and leaves nothing', () => {
    const folder = makeFolder({ a: 'text' });
    const aside = join(folder, 'aside');
    const { dev, ctimeMs } = statSync(join(folder, 'a'));
    const second = Math.floor(ctimeMs / 1000) * 1000;
    const stats = { ...changedAt(second - 1000, 1000), dev } as Stats;
    for (const ours of [0, 1e15]) {
      const clock = new FileClock(() => ours, aside);
      expect(clock.isQuiet(stats)).toBe(true);
      expect(clock.isQuiet({ ...changedAt(second + 100_000, 1000), dev } as Stats)).toBe(false);
      // Of another disk only our own clock is known.
      expect(clock.isQuiet({ ...stats, dev: -1 } as Stats)).toBe(ours > 0);
    }
    expect(readdirSync(aside)).toEqual([]);
  });
});

describe('stamps', () => {
  it('are those of the file that a link leads to, and null where nothing can be looked at', () => {
    const folder = makeFolder({ a: 'text' });
    const path = join(folder, 'a');
    expect(readStamp(path)).toEqual(stampOf(statSync(path)));
    expect(readStamp(join(folder, 'b'))).toBeNull();
    expect(readStamp(join(path, 'b'))).toBeNull();
  });
});
