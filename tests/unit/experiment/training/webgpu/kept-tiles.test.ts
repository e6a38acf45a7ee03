import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  formatCuts,
  nameProduct,
  parseCuts,
} from '../../../../../experiment/training/webgpu/kernels/kept-cuts.ts';
import { tile } from '../../../../../experiment/training/webgpu/kernels/tile.ts';
import { followTiles, tellTiles } from '../../../../../experiment/training/webgpu/tiles-fact.ts';
import {
  keepTiles,
  readTiles,
  TILES_FILE,
} from '../../../../../experiment/training/webgpu/tuning/kept-tiles.ts';

const MACHINE = { processors: 132, workgroupBytes: 32768, workgroupThreads: 1024 };
const GPU = { name: 'GPU, driver 1', machine: MACHINE };
const SIZES = { rows: 128, columns: 32, inner: 2352 };
const ESTIMATE = { tile: tile(64, 64, 16, 4, 4), splits: 1 };
const CUT = { tile: tile(128, 64, 16, 8, 8), splits: 3 };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tiles-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('tiles that are kept for a GPU', () => {
  it('are kept by GPU, renewed by product, and gone with the last', () => {
    keepTiles(folder, GPU, ['a 1x1x1'], new Map());
    expect(existsSync(join(folder, TILES_FILE))).toBe(false);
    keepTiles(folder, GPU, [], new Map([['update 3x2x1', CUT]]));
    keepTiles(folder, { ...GPU, name: 'another' }, [], new Map([['update 3x2x1', ESTIMATE]]));
    keepTiles(folder, GPU, ['forward 1x2x3'], new Map([['forward 1x2x3', ESTIMATE]]));
    expect([...readTiles(folder, GPU)]).toEqual([
      ['forward 1x2x3', ESTIMATE],
      ['update 3x2x1', CUT],
    ]);
    expect(readTiles(folder, { ...GPU, name: 'a third' }).size).toBe(0);
    // Searched again, the engine's own choice was the best.
    keepTiles(folder, GPU, ['forward 1x2x3', 'update 3x2x1'], new Map());
    expect(Object.keys(JSON.parse(readFileSync(join(folder, TILES_FILE), 'utf8')))).toEqual([
      'another',
    ]);
  });

  it.each([
    ['{', /is not what keeps tiles/],
    ['{ "GPU, driver 1": "x" }', /is not what keeps tiles/],
    [
      '{ "GPU, driver 1": ["forward 1x2x3: 7x7x7/1x1 in 1"] }',
      /"forward .*" says no cut that there is/,
    ],
    ['{ "GPU, driver 1": ["forward 1x2x3: 64x64x16/4x4 in 0"] }', /says no cut that there is/],
  ])('are refused where the file says %s', (text, words) => {
    writeFileSync(join(folder, TILES_FILE), text);
    expect(() => readTiles(folder, GPU)).toThrow(words);
    expect(() => readTiles(folder, GPU)).toThrow(
      /mend or remove it, or run "pipeline engines tune"/,
    );
  });

  it('are refused where this GPU has no room for them', () => {
    writeFileSync(
      join(folder, TILES_FILE),
      '{ "GPU, driver 1": ["forward 1x2x3: 128x128x16/8x8 in 1"] }',
    );
    const small = { ...GPU, machine: { ...MACHINE, workgroupBytes: 4096 } };
    expect(readTiles(folder, GPU).size).toBe(1);
    expect(() => readTiles(folder, small)).toThrow(/tile of "forward 1x2x3" is too large/);
  });

  it('are followed for products of the same kind and sizes, in any layer', () => {
    const name = nameProduct('dense1 input gradient', SIZES);
    expect(name).toBe('input gradient 128x32x2352');
    const lines = formatCuts(
      new Map([
        [name, CUT],
        ['update 3x2x1', ESTIMATE],
      ]),
    );
    expect(parseCuts(lines).get(name)).toEqual(CUT);
    const cut = followTiles(tellTiles(lines));
    expect(cut?.('other input gradient', ESTIMATE, SIZES)).toEqual(CUT);
    expect(cut?.('dense1 forward', ESTIMATE, SIZES)).toBe(ESTIMATE);
    expect(followTiles(undefined)).toBeUndefined();
  });
});
