/** The file of a workspace that keeps, for each GPU, how products are best cut up there. */

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../../../data/failure.ts';
import type { GpuDevice } from '../device.ts';
import { formatCuts, type KeptCuts, parseCuts } from '../kernels/kept-cuts.ts';
import { fitsMachine } from '../kernels/tile.ts';

/** Name of the file, from the workspace. It may be committed. */
export const TILES_FILE = 'gpu-tiles.json';
/** Where the version of Dawn stands, from the workspace. */
export const DAWN_PACKAGE = 'node_modules/webgpu/package.json';

const REMEDY = `mend or remove it, or run "pipeline engines tune" again`;

/** What the file holds: by GPU, driver and Dawn's version, lines of cuts. */
type KeptTiles = Readonly<Record<string, readonly string[]>>;

/** The name under which a GPU's cuts are kept: with another driver or Dawn others may be best. */
function nameTuned(workspace: string, device: Pick<GpuDevice, 'name'>): string {
  try {
    const text = readFileSync(join(workspace, DAWN_PACKAGE), 'utf8');
    return `${device.name}, webgpu ${(JSON.parse(text) as { readonly version?: unknown }).version}`;
  } catch {
    return device.name;
  }
}

/**
 * The cuts that are kept for a GPU; none where it was not tuned.
 *
 * @throws StageFailure where the file is none, or has something for this GPU that it cannot do
 */
export function readTiles(
  workspace: string,
  device: Pick<GpuDevice, 'name' | 'machine'>,
): KeptCuts {
  const lines = readFile(workspace)[nameTuned(workspace, device)] ?? [];
  try {
    const cuts = parseCuts(lines.join('\n'));
    const large = [...cuts].find(([, { tile }]) => !fitsMachine(tile, device.machine));
    if (large !== undefined)
      fail(`${TILES_FILE}: the tile of "${large[0]}" is too large here: ${REMEDY}`);
    return cuts;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return fail(`${TILES_FILE}: ${error.message}: ${REMEDY}`);
  }
}

/**
 * Keeps cuts for a GPU beside those that are kept already, but for those of the products that were searched.
 *
 * @throws StageFailure where the file is none
 */
export function keepTiles(
  workspace: string,
  device: Pick<GpuDevice, 'name' | 'machine'>,
  searched: readonly string[],
  found: KeptCuts,
): void {
  const before = readTiles(workspace, device);
  const others = [...before].filter(([product]) => !searched.includes(product));
  const cuts = new Map([...others, ...found]);
  // Nothing was kept, and nothing is to be.
  if (cuts.size === 0 && before.size === 0) return;
  const { [nameTuned(workspace, device)]: _, ...rest } = readFile(workspace);
  const lines =
    cuts.size === 0 ? {} : { [nameTuned(workspace, device)]: formatCuts(cuts).split('\n') };
  const kept: KeptTiles = { ...rest, ...lines };
  const path = join(workspace, TILES_FILE);
  const aside = `${path}.${process.pid}`;
  writeFileSync(aside, `${JSON.stringify(kept, null, 2)}\n`);
  renameSync(aside, path);
}

function readFile(workspace: string): KeptTiles {
  let text: string;
  try {
    text = readFileSync(join(workspace, TILES_FILE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  const value = parseJson(text);
  const isList = (one: unknown): boolean =>
    Array.isArray(one) && one.every((line) => typeof line === 'string');
  if (typeof value === 'object' && value !== null && Object.values(value).every(isList)) {
    return value as KeptTiles;
  }
  return fail(`${TILES_FILE} is not what keeps tiles, lists of texts by GPU: ${REMEDY}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
