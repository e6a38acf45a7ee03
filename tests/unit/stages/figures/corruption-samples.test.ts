import { Resvg } from '@resvg/resvg-js';
import { beforeAll, describe, expect, it } from 'vitest';
import { readNpy } from '../../../../experiment/data/npy.ts';
import { run } from '../../../../stages/figures/corruption-samples.ts';
import { expectSoundFigure, readOutput, readTexts } from '../../experiment/plot/drawn-figure.ts';
import { parseCsv } from '../../experiment/plot/parse-csv.ts';
import { makeFolder, runStage, type StageResult } from '../../experiment/plot/recorded-runs.ts';
import { recordData } from '../../experiment/plot/samples.ts';

let result: StageResult;
let inputs: Awaited<ReturnType<typeof recordData>>[];
beforeAll(async () => {
  const folder = await makeFolder();
  inputs = await Promise.all([
    recordData(folder, 'gauss_pix', 0),
    recordData(folder, 'rand_pix', 0),
    recordData(folder, 'none', 1),
    recordData(folder, 'none', 0),
    recordData(folder, 'none', 0.5),
    recordData(folder, 'shuff_pix', 0),
  ]);
  result = await runStage(run, { data: inputs });
});

describe('the figure of corruption samples', () => {
  it('is a sound figure', () => expectSoundFigure(result));

  it('has the same bytes again, whatever the order of its inputs', async () => {
    const again = await runStage(run, { data: inputs.toReversed() });
    for (const [name, bytes] of result.files) {
      expect(again.files.get(name)?.equals(bytes), name).toBe(true);
    }
  });

  it('shows the same eight images, of different classes, in the order of the paper', () => {
    const rows = parseCsv(readOutput(result, 'csv').toString('utf8'));
    expect(rows).toHaveLength(48);
    const tests = [...new Set(rows.map((row) => row['test']))];
    expect(tests).toEqual([
      'True labels',
      'Label noise, p = 0.5',
      'Random labels',
      'Shuffled pixels',
      'Random pixels',
      'Gaussian',
    ]);
    for (const test of tests) {
      const own = rows.filter((row) => row['test'] === test);
      expect(own.map((row) => row['image'])).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
      expect(new Set(own.map((row) => row['true_label'])).size).toBe(8);
    }
    const noisy = rows.filter((row) => row['run'] === '1.0_none');
    expect(noisy.map((row) => row['label'])).toContain('class e');
    expect(readTexts(readOutput(result, 'svg').toString('utf8'))).toContain('class e');
  });

  it('holds the pixels of the central crop', async () => {
    const spec = JSON.parse(readOutput(result, 'spec').toString('utf8'));
    const row = spec.data.values.find((one: { run: string }) => one.run === '0.0_none');
    expect(row.picture).toMatch(/^data:image\/png;base64,/);
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="28" height="28"><image width="28" height="28" href="${row.picture}"/></svg>`;
    const { pixels } = new Resvg(svg).render();
    const { data } = await readNpy(`${inputs[3]?.path}/train_images.npy`);
    for (const [x, y] of [
      [0, 0],
      [27, 0],
      [5, 20],
    ] as const) {
      const at = 4 * (y * 28 + x);
      const stored = [0, 1, 2].map((channel) => data[(channel * 32 + y + 2) * 32 + x + 2]);
      expect([...pixels.subarray(at, at + 3)]).toEqual(stored);
    }
  });

  it('asks for the uncorrupted data where they are missing', async () => {
    const without = inputs.filter(({ cell }) => cell['corruption'] !== 'none');
    await expect(runStage(run, { data: without })).rejects.toThrow(/expected the uncorrupted data/);
  });
});
