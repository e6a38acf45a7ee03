import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Fit } from '../../../../experiment/recorded/fit.ts';
import { run } from '../../../../stages/figures/expressivity.ts';
import * as theorem1 from '../../../../stages/theorem1/theorem1.ts';
import { $ } from '../../../fixtures/shell.ts';
import { expectSoundFigure, readCaption, readOutput } from '../../experiment/plot/drawn-figure.ts';
import { parseCsv } from '../../experiment/plot/parse-csv.ts';
import { makeFolder, runStage } from '../../experiment/plot/recorded-runs.ts';
import { recordData, recordFits } from '../../experiment/plot/samples.ts';

/** The fits of a small data set with random labels. */
async function fitNoise(): Promise<Fit[]> {
  const folder = await makeFolder();
  const data = await recordData(folder, 'none', 1, 45);
  const fits = join(folder, 'fits.jsonl');
  await theorem1.run({
    schema: 1,
    node: 'theorem1',
    cell: {},
    params: { seed: 42 },
    inputs: { data: [data] },
    outputs: { fits },
    previous: null,
    scratch: folder,
    workspace: folder,
    cpus: 1,
    memory: null,
    gpus: 0,
    cpusNow: () => 1,
    offline: true,
    emit: () => {},
    signal: new AbortController().signal,
    $,
  });
  const lines = (await readFile(fits, 'utf8')).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Fit);
}

describe('the stage theorem1 and its figure', () => {
  it('fits random labels of growing numbers of images to rounding, and draws that', async () => {
    const fits = await fitNoise();
    expect(fits.map(({ points }) => points)).toEqual([10, 30, 45]);
    for (const fit of fits) {
      expect(fit).toMatchObject({ dimensions: 2352, fitted: 1, weights: 2 * fit.points + 2352 });
      expect(fit.max_error).toBeLessThan(1e-9);
    }
    const result = await runStage(run, { fits: [await recordFits(fits)] });
    await expectSoundFigure(result);
    const rows = parseCsv(readOutput(result, 'csv').toString('utf8'));
    expect(rows.map((row) => Number(row['max_error']))).toEqual(fits.map((fit) => fit.max_error));
  });

  it('draws an error of 0, and says where the precision did not do', async () => {
    const common = { dataset: 'CIFAR-10', synthetic: false, p: 1, seed: 42, dimensions: 2352 };
    const makeFit = (points: number, max_error: number, fitted: number): Fit => ({
      ...common,
      points,
      weights: 2 * points + 2352,
      max_error,
      fitted,
    });
    const fits = [makeFit(10, 0, 1), makeFit(1000, 1e-9, 1), makeFit(50_000, 2, 0.98)];
    const result = await runStage(run, { fits: [await recordFits(fits)] });
    await expectSoundFigure(result);
    const text = readCaption(result);
    expect(text).toContain('Errors of 0 are drawn at 1.1 × 10⁻¹⁶.');
    expect(text).toContain('at n = 50,000');
  });
});
