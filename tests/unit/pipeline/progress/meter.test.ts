import { describe, expect, it } from 'vitest';
import {
  advanceMeter,
  type Meter,
  type ProgressEvent,
  readMeter,
} from '../../../../pipeline/progress/meter.ts';

function progress(label: string, done: number, total: number | null = 100): ProgressEvent {
  return { type: 'progress', label, unit: 'batch', done, total, fields: {} };
}

function follow(...events: readonly [time: number, event: ProgressEvent][]): Meter {
  let meter: Meter | null = null;
  for (const [time, event] of events) meter = advanceMeter(meter, event, time, 0);
  if (meter === null) throw new Error('no events');
  return meter;
}

describe('meters', () => {
  it('time a bar from the end of the one before, as the first event may come late', () => {
    const meter = follow([1000, progress('000', 100)], [1500, progress('001', 100)]);
    expect(readMeter(meter, 9000)).toMatchObject({ label: '001', elapsedSeconds: 0.5, rate: null });
  });

  it('start anew when the same label falls back', () => {
    const meter = follow(
      [0, progress('Test', 0)],
      [1000, progress('Test', 100)],
      [5000, progress('Test', 0)],
    );
    expect(readMeter(meter, 6000)).toMatchObject({ done: 0, elapsedSeconds: 1 });
  });

  it('follow a change of speed while it moves, and stop the time once complete', () => {
    const slow: [number, ProgressEvent][] = [1, 2, 3, 4].map((i) => [i * 1000, progress('0', i)]);
    const fast: [number, ProgressEvent][] = [1, 2, 3, 4].map((i) => [
      4000 + i * 1000,
      progress('0', 4 + 10 * i),
    ]);
    const meter = follow([0, progress('0', 0)], ...slow, ...fast);
    expect(readMeter(follow([0, progress('0', 0)], ...slow), 4000).rate).toBeCloseTo(1);
    expect(readMeter(meter, 8000).rate).toBeGreaterThan(6);
    expect(readMeter(meter, 9000).elapsedSeconds).toBe(9);
    const complete = advanceMeter(meter, progress('0', 100), 10_000, 0);
    expect(readMeter(complete, 99_000)).toMatchObject({ elapsedSeconds: 10, rate: null });
  });

  it('measure no rate over less than a tenth of a second', () => {
    const meter = follow([0, progress('0', 0)], [1, progress('0', 50)]);
    expect(readMeter(meter, 1).rate).toBeNull();
  });
});
