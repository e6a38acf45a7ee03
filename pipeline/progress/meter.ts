/** One bar over time: its rate, and when it is complete. */

import type { StageEvent } from '../contract/stage.ts';
import type { BarContent } from './bar.ts';

/** What a stage reports of a bar. */
export type ProgressEvent = Extract<StageEvent, { readonly type: 'progress' }>;

/** A bar in the course of time. Times are milliseconds since the epoch. */
export interface Meter {
  readonly latest: ProgressEvent;
  readonly startedAt: number;
  readonly updatedAt: number;
  /**
   * Exponential moving averages of units and seconds a sample, from zero: only their ratio, in
   * which the bias of the start cancels, is meant to be read.
   */
  readonly pace: { readonly units: number; readonly seconds: number };
  /** Where the next sample starts. */
  readonly sampled: { readonly at: number; readonly done: number };
}

/** Weight of the newest sample, tqdm's `smoothing`. */
const smoothing = 0.3;
/** Samples are at least this long, tqdm's `mininterval`: shorter ones measure noise. */
const sampleMilliseconds = 100;

/**
 * The meter after a progress event. A new label or a smaller `done` starts a new bar; one that has
 * work done already in its first event began when the one before it ended, or at `idleSince`.
 */
export function advanceMeter(
  before: Meter | null,
  event: ProgressEvent,
  time: number,
  idleSince: number,
): Meter {
  if (before === null || startsBar(before.latest, event)) {
    const startedAt = event.done > 0 ? Math.min(time, before?.updatedAt ?? idleSince) : time;
    const meter: Meter = {
      latest: { ...event, done: 0 },
      startedAt,
      updatedAt: startedAt,
      pace: { units: 0, seconds: 0 },
      sampled: { at: startedAt, done: 0 },
    };
    return event.done > 0
      ? advanceMeter(meter, event, time, idleSince)
      : { ...meter, latest: event };
  }
  const seconds = (time - before.sampled.at) / 1000;
  const moved = { ...before, latest: event, updatedAt: time };
  if (seconds * 1000 < sampleMilliseconds) return moved;
  const units = event.done - before.sampled.done;
  return {
    ...moved,
    pace: {
      units: smooth(before.pace.units, units),
      seconds: smooth(before.pace.seconds, seconds),
    },
    sampled: { at: time, done: event.done },
  };
}

/** Whether all the work of a bar is done. */
export function isComplete(event: ProgressEvent): boolean {
  return event.total !== null && event.done >= event.total;
}

/**
 * What a meter shows at `now`: the smoothed rate while it moves, and once complete the overall
 * one over the time it took, as tqdm leaves behind.
 */
export function readMeter(meter: Meter, now: number): BarContent {
  const { latest, pace } = meter;
  const until = isComplete(latest) ? meter.updatedAt : Math.max(now, meter.updatedAt);
  const rate = isComplete(latest) || pace.seconds === 0 ? null : pace.units / pace.seconds;
  return { ...latest, elapsedSeconds: (until - meter.startedAt) / 1000, rate };
}

function startsBar(before: ProgressEvent, event: ProgressEvent): boolean {
  return event.label !== before.label || event.done < before.done;
}

function smooth(average: number, sample: number): number {
  return smoothing * sample + (1 - smoothing) * average;
}
