/** Tries every way to cut up a model's products, and tells the fastest of each. */

import type { Model } from '../../experiment/models/model.ts';
import type { GpuDevice } from '../../experiment/training/webgpu/device.ts';
import {
  type Cut,
  sharedBytes,
  TILES,
  threadsOf,
  tile,
} from '../../experiment/training/webgpu/kernels/tile.ts';
import { openOnDevice } from './on-device.ts';

/** Beside those that the engine uses. */
const MORE_TILES = [
  tile(64, 64, 16, 8, 8),
  tile(128, 128, 8, 8, 8),
  tile(64, 64, 32, 8, 4),
  tile(64, 32, 32, 4, 4),
  tile(32, 32, 32, 4, 4),
  tile(256, 64, 16, 8, 8),
];
const WARM_UP_SECONDS = 0.15;
const SPLITS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256];

interface Seen {
  readonly cut: Cut;
  readonly seconds: number;
}

/**
 * Rounds that each use one tile for all products: first as split as the estimate says, then more and less.
 * `tell` gets a line a product when the time is over or all was tried.
 */
export async function tuneModel(
  device: GpuDevice,
  model: Model,
  batch: number,
  seconds: number,
  tell: (line: object) => void,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  const seen = new Map<string, Seen[]>();
  const estimated = new Map<string, Cut>();
  const tiles = [...TILES.map(([each]) => each), ...MORE_TILES].filter(
    (each) =>
      threadsOf(each) <= device.machine.workgroupThreads &&
      sharedBytes(each) <= device.machine.workgroupBytes,
  );
  const rounds: ((label: string, cut: Cut) => Cut)[] = [(_, cut) => cut];
  for (const factor of [1, 2, 0.5]) {
    for (const each of tiles) {
      rounds.push((_, cut) => {
        const area = (cut.tile.rows * cut.tile.columns) / (each.rows * each.columns);
        const splits = cut.splits === 1 ? factor : cut.splits * Math.min(1, 1 / area) * factor;
        return { tile: each, splits: nearest(splits) };
      });
    }
  }
  for (const round of rounds) {
    if (performance.now() > end) break;
    const used = new Map<string, Cut>();
    const training = await openOnDevice(device, model, batch, (label, cut) => {
      if (!estimated.has(label)) estimated.set(label, cut);
      // Products in classes are never split: the estimate then says 1, and a factor must not change it.
      const chosen = round(label, cut);
      const kept =
        cut.splits === 1 && / input gradient$/.test(label) ? { ...chosen, splits: 1 } : chosen;
      used.set(label, kept);
      return kept;
    });
    // While kernels were compiled the GPU has slowed its clock down.
    await training.time(WARM_UP_SECONDS);
    const times = await training.profile(3);
    const spent = new Map<string, number>();
    for (const [index, { label }] of training.recording.passes.entries()) {
      const product = label.replace(/ sum$/, '');
      if (used.has(product)) spent.set(product, (spent.get(product) ?? 0) + (times[index] ?? 0));
    }
    for (const [label, time] of spent) {
      const cut = used.get(label);
      if (cut !== undefined) seen.set(label, [...(seen.get(label) ?? []), { cut, seconds: time }]);
    }
    training.recording.close();
  }
  for (const [label, all] of seen) {
    const sorted = [...all].sort((a, b) => a.seconds - b.seconds);
    const [estimate] = all;
    tell({
      label,
      estimate: estimate && describe(estimate),
      best: sorted.slice(0, 4).map(describe),
      tried: all.length,
    });
  }
}

function nearest(wanted: number): number {
  return SPLITS.reduce(
    (best, each) => (Math.abs(each - wanted) < Math.abs(best - wanted) ? each : best),
    1,
  );
}

function describe({ cut: { tile, splits }, seconds }: Seen): string {
  const { rows, columns, inner, threadRows, threadColumns } = tile;
  return `${rows}x${columns}x${inner}/${threadRows}x${threadColumns} s${splits}: ${(seconds * 1e6).toFixed(1)}us`;
}
