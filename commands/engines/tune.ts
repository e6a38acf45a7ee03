/** `pipeline engines tune`: finds how products are best cut up on this GPU, and keeps it. */

import { fail } from '../../experiment/data/failure.ts';
import { findModel, MODEL_NAMES } from '../../experiment/models/registry.ts';
import {
  type GpuDevice,
  openDevice,
  TIMING_TOGGLES,
} from '../../experiment/training/webgpu/device.ts';
import { type KeptCuts, wordCut } from '../../experiment/training/webgpu/kernels/kept-cuts.ts';
import type { Cut } from '../../experiment/training/webgpu/kernels/tile.ts';
import {
  keepTiles,
  readTiles,
  TILES_FILE,
} from '../../experiment/training/webgpu/tuning/kept-tiles.ts';
import {
  type SearchedProduct,
  searchTiles,
} from '../../experiment/training/webgpu/tuning/search-tiles.ts';

/** What the engine cuts products up for, whatever the size of a batch. */
const BATCH = 128;
/** A gain of less is one of the measurement. */
const LEAST_GAIN = 0.03;

/** What is tuned, and for how long. */
export interface TuneOptions {
  readonly workspace: string;
  /** Names of models; none for all. */
  readonly models: readonly string[];
  readonly width: number;
  /** Seconds for each model. */
  readonly seconds: number;
  readonly json: boolean;
}

/**
 * Searches for one model after the other, and keeps what is faster than the engine's own choice after each.
 *
 * @throws StageFailure where there is no GPU, no model of a name, or the file of tiles is damaged
 */
export async function tune({
  workspace,
  models,
  width,
  seconds,
  json,
}: TuneOptions): Promise<void> {
  if (!(width > 0)) fail('--width must be a number above 0');
  if (!(seconds > 0)) fail('--seconds must be a number above 0');
  const wanted = (models.length === 0 ? MODEL_NAMES : models).map((name) =>
    findModel(name, { width }),
  );
  const device = await openDevice(TIMING_TOGGLES);
  readTiles(workspace, device);
  const clock = device.hasTimestamps
    ? 'by the timestamps of the GPU'
    : 'by the clock of this computer';
  process.stderr.write(`Tunes ${device.name}, ${clock}\n`);
  for (const model of wanted) {
    const began = performance.now();
    const found = await searchTiles(device, model, {
      batch: BATCH,
      seconds,
      onRound: (round, rounds) => {
        const spent = Math.round((performance.now() - began) / 1000);
        process.stderr.write(
          `${model.name}: round ${round} of ${rounds}, ${spent} s of ${seconds} s\n`,
        );
      },
    });
    report(model.name, found, device, { workspace, json });
  }
}

function report(
  model: string,
  found: readonly SearchedProduct[],
  device: GpuDevice,
  { workspace, json }: Pick<TuneOptions, 'workspace' | 'json'>,
): void {
  const better = found.flatMap(findBetter);
  const cuts: KeptCuts = new Map(better.map(({ product, cut }) => [product, cut]));
  const searched = found.map(({ product }) => product);
  keepTiles(workspace, device, searched, cuts);
  if (json) {
    const products = better.map(({ product, cut, gain }) => ({ product, cut: wordCut(cut), gain }));
    const line = { model, adapter: device.name, searched: found.length, kept: products };
    process.stdout.write(`${JSON.stringify(line)}\n`);
    return;
  }
  for (const { product, cut, gain } of better) {
    process.stdout.write(
      `${model}: ${product}: ${wordCut(cut)}, ${Math.round(gain * 100)} % faster\n`,
    );
  }
  const kept = cuts.size === 0 ? 'the engine’s own choice is the best' : `kept in ${TILES_FILE}`;
  process.stdout.write(
    `${model}: ${better.length} of ${found.length} products are faster: ${kept}\n`,
  );
}

interface BetterCut {
  readonly product: string;
  readonly cut: Cut;
  /** Share of the time that is saved. */
  readonly gain: number;
}

function findBetter({ product, estimate, tried }: SearchedProduct): readonly BetterCut[] {
  const [best] = tried;
  if (best === undefined) return [];
  const gain = 1 - best.seconds / estimate.seconds;
  return gain > LEAST_GAIN ? [{ product, cut: best.cut, gain }] : [];
}
