/** What the stages of a run use, as events of the run: often at first, and seldom in a run of hours. */

import type { UsageMeter } from '../executor/usage-meter.ts';
import type { RunEvent } from '../progress/events.ts';

/** Time between two events, at least. */
const LEAST_MS = 500;
/** The time between two events as a share of the run's so far: a run of a day tells some two thousand times. */
const LEAST_SHARE = 1 / 300;

/** Tells what stages use until it is stopped. */
export interface LoadTeller {
  /** CPU time so far, for the end of the run; empty where nothing tells. */
  readonly total: () => { readonly cpuSeconds?: number };
  readonly stop: () => void;
}

/** Tells of a run's stages. @param startedAt of the run, in milliseconds since the epoch */
export function tellLoad(
  meter: UsageMeter,
  report: (event: RunEvent) => void,
  startedAt: number,
): LoadTeller {
  const atStart = meter.cpuSeconds;
  let last = { time: startedAt, cpuSeconds: atStart };
  let memory = 0;
  const stop = meter.listen((load) => {
    memory = Math.max(memory, load.memory);
    const time = Date.now();
    const milliseconds = time - last.time;
    if (milliseconds < Math.max(LEAST_MS, LEAST_SHARE * (time - startedAt))) return;
    const cpus = Math.max(0, load.cpuSeconds - last.cpuSeconds) / (milliseconds / 1000);
    report({ type: 'load', time, cpus: Number(cpus.toFixed(2)), memory });
    last = { time, cpuSeconds: load.cpuSeconds };
    memory = 0;
  });
  const total = () => {
    const cpuSeconds = Number((meter.cpuSeconds - atStart).toFixed(2));
    return cpuSeconds > 0 ? { cpuSeconds } : {};
  };
  return { total, stop };
}
