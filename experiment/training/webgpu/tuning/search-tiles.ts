/** Tries every way to cut up a model's products on a GPU, and tells the fastest of each. */

import type { Model } from '../../../models/model.ts';
import type { GpuDevice } from '../device.ts';
import { nameProduct, wordCut } from '../kernels/kept-cuts.ts';
import { type Cut, fitsMachine, TILES, type Tile } from '../kernels/tile.ts';
import { openOnDevice } from './on-device.ts';

const WARM_UP_SECONDS = 0.15;
const SLOW_STEP_SECONDS = 0.01;
const REPEATS = 3;
const SPLITS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256];

/** A cut, and what all products of one name take with it, in seconds. */
export interface TimedCut {
  readonly cut: Cut;
  readonly seconds: number;
}

/** What was found of a product. */
export interface SearchedProduct {
  readonly product: string;
  /** The cut that the engine takes by itself. */
  readonly estimate: TimedCut;
  /** All that were tried, the fastest first. */
  readonly tried: readonly TimedCut[];
}

/** How a search goes on. */
export interface SearchOptions {
  /** Samples of a batch. */
  readonly batch: number;
  /** Seconds after which no round begins. */
  readonly seconds: number;
  readonly tiles?: readonly Tile[];
  /** Told before each round, which tries one tile for all products. */
  readonly onRound?: (round: number, rounds: number) => void;
}

/**
 * Rounds that each use one tile for all products: first as the engine does by itself, then each tile as split as
 * the estimate says, then more and less.
 */
export async function searchTiles(
  device: GpuDevice,
  model: Model,
  options: SearchOptions,
): Promise<readonly SearchedProduct[]> {
  const end = performance.now() + options.seconds * 1000;
  const tiles = options.tiles ?? TILES.map(([each]) => each);
  const rounds = listRounds(tiles.filter((each) => fitsMachine(each, device.machine)));
  const seen = new Map<string, TimedCut[]>();
  for (const [index, round] of rounds.entries()) {
    if (performance.now() > end) break;
    options.onRound?.(index + 1, rounds.length);
    for (const [product, timed] of await timeRound(device, model, options.batch, round)) {
      seen.set(product, [...(seen.get(product) ?? []), timed]);
    }
  }
  return [...seen].flatMap(([product, all]) => {
    const [estimate] = all;
    if (estimate === undefined) return [];
    const tried = leastOfEach(all);
    const again = tried.find(({ cut }) => wordCut(cut) === wordCut(estimate.cut));
    return [{ product, estimate: again ?? estimate, tried }];
  });
}

/** Each cut with the least that it took, the fastest first. */
function leastOfEach(all: readonly TimedCut[]): readonly TimedCut[] {
  const least = new Map<string, TimedCut>();
  for (const timed of all) {
    const name = wordCut(timed.cut);
    if (timed.seconds < (least.get(name)?.seconds ?? Number.POSITIVE_INFINITY))
      least.set(name, timed);
  }
  return [...least.values()].sort((a, b) => a.seconds - b.seconds);
}

type Round = (cut: Cut) => Cut;

function listRounds(tiles: readonly Tile[]): readonly Round[] {
  const others = [1, 2, 0.5].flatMap((factor) =>
    tiles.map(
      (tile): Round =>
        (cut) => {
          const area = (cut.tile.rows * cut.tile.columns) / (tile.rows * tile.columns);
          const splits = cut.splits === 1 ? factor : cut.splits * Math.min(1, 1 / area) * factor;
          return { tile, splits: nearestSplits(splits) };
        },
    ),
  );
  return [(cut) => cut, ...others];
}

/** What each product takes with the cuts of a round. */
async function timeRound(
  device: GpuDevice,
  model: Model,
  batch: number,
  round: Round,
): Promise<ReadonlyMap<string, TimedCut>> {
  const used = new Map<string, { product: string; cut: Cut }>();
  const training = await openOnDevice(device, model, batch, (label, estimated, sizes) => {
    const cut = round(estimated);
    used.set(label, { product: nameProduct(label, sizes), cut });
    return cut;
  });
  try {
    const first = await training.profile(1);
    const step = first.reduce((sum, each) => sum + each, 0);
    // While kernels were compiled a fast GPU has slowed its clock down; a slow one was busy enough by that step.
    if (step < SLOW_STEP_SECONDS) await training.time(WARM_UP_SECONDS);
    const times = await training.profile(REPEATS);
    const spent = new Map<string, TimedCut>();
    for (const [index, { label }] of training.recording.passes.entries()) {
      const of = used.get(label.replace(/ sum$/, ''));
      if (of === undefined) continue;
      const seconds = (spent.get(of.product)?.seconds ?? 0) + (times[index] ?? 0);
      spent.set(of.product, { cut: of.cut, seconds });
    }
    return spent;
  } finally {
    training.close();
  }
}

function nearestSplits(wanted: number): number {
  return SPLITS.reduce(
    (best, each) => (Math.abs(each - wanted) < Math.abs(best - wanted) ? each : best),
    1,
  );
}
