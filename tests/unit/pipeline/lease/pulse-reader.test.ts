import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LONGEST_PAUSE_MS, PulseReader } from '../../../../pipeline/lease/pulse-reader.ts';

const leaseMs = 5_000;

/** Looks at a lease at some times; the beat is what a function says of each time. */
function watchAt(times: readonly number[], beatAt: (time: number) => number): boolean[] {
  const watch = new PulseReader();
  return times.map((time) => watch.isSilent({ generation: 1, beat: beatAt(time) }, leaseMs, time));
}

/** Times of looks, each some milliseconds after the last. */
const times = fc
  .array(fc.integer({ min: 1, max: 4_000 }), { minLength: 1, maxLength: 60 })
  .map((steps) => {
    let time = 0;
    return steps.map((step) => {
      time += step;
      return time;
    });
  });

describe('a watch on a lease', () => {
  it('finds a holder silent when it has looked for the whole time of the lease', () => {
    const looks = Array.from({ length: 12 }, (_, i) => i * 500);
    expect(watchAt(looks, () => 7).indexOf(true)).toBe(leaseMs / 500);
  });

  it('never finds a holder silent that beats between any two looks', () => {
    fc.assert(fc.property(times, (looks) => !watchAt(looks, (time) => time).includes(true)));
  });

  it('begins anew with each beat, and with each generation', () => {
    const watch = new PulseReader();
    const look = (generation: number, beat: number, time: number) =>
      watch.isSilent({ generation, beat }, 1_000, time);
    expect([look(1, 1, 0), look(1, 1, 999), look(1, 2, 1_500), look(1, 2, 2_499)]).not.toContain(
      true,
    );
    expect([look(2, 2, 2_600), look(2, 2, 3_599)]).not.toContain(true);
    expect(look(2, 2, 3_600)).toBe(true);
  });

  it('does not count the time for which it was itself stopped', () => {
    fc.assert(
      fc.property(times, (looks) => {
        const found = watchAt(looks, () => 7).indexOf(true);
        expect(found === -1 || found * LONGEST_PAUSE_MS >= leaseMs).toBe(true);
      }),
    );
  });
});
