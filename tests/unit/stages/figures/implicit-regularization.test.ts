import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSolutions } from '../../../../experiment/claims/read-rows.ts';
import { run } from '../../../../stages/figures/implicit-regularization.ts';
import * as leastNorm from '../../../../stages/least-norm/least-norm.ts';
import { $ } from '../../../fixtures/shell.ts';
import { expectSoundFigure, readOutput } from '../../experiment/plot/drawn-figure.ts';
import { parseCsv } from '../../experiment/plot/parse-csv.ts';
import { makeFolder, runStage } from '../../experiment/plot/recorded-runs.ts';
import { recordData } from '../../experiment/plot/samples.ts';

/** The solutions of a small data set, and SGD's way there. */
async function solveSmall(params: Readonly<Record<string, number | readonly number[]>>) {
  const folder = await makeFolder();
  const data = await recordData(folder, 'none', 0, 60);
  const outputs = { solutions: join(folder, 's.jsonl'), way: join(folder, 'w.jsonl') };
  await leastNorm.run({
    ...{ schema: 1, node: 'least-norm', cell: {}, params: { seed: 42, least_norm: { ...params } } },
    ...{ inputs: { data: [data] }, outputs, previous: null, scratch: folder, workspace: folder },
    ...{ cpus: 1, memory: null, gpus: 0, cpusNow: () => 1, offline: true, emit: () => {}, $ },
    signal: new AbortController().signal,
  });
  const fingerprint = 'f'.repeat(64);
  const input = (path: string) => ({
    ...{ node: 'least-norm', cell: {}, path, fingerprint, sha256: fingerprint },
  });
  return { outputs, inputs: { solutions: [input(outputs.solutions)], way: [input(outputs.way)] } };
}

describe('the stage least-norm and its figure', () => {
  it('finds by SGD the solution of least norm, from zero only, and fits all images with a kernel', async () => {
    const params = { least_squares: [10, 20, 5000], epochs: 2000, kernel: [30, 60, 61] };
    const { outputs, inputs } = await solveSmall(params);
    const rows = parseSolutions('solutions', await readFile(outputs.solutions, 'utf8'));
    const names = rows.map(({ experiment }) => experiment);
    expect(names).toEqual([
      ...['least-squares_10_zero', 'least-squares_10_random'],
      ...['least-squares_20_zero', 'least-squares_20_random'],
      ...['gaussian-kernel_30', 'gaussian-kernel_60'],
    ]);
    for (const row of rows) {
      expect(Number(row['residual'])).toBeLessThan(1e-8);
      expect(row['train_error']).toBe(0);
      const isElsewhere = row['method'] === 'SGD from a random start';
      if (isElsewhere) expect(Number(row['distance'])).toBeGreaterThan(0.5);
      else expect(Number(row['distance'])).toBeLessThan(1e-7);
      expect(Number(row['norm']) > 1.05 * Number(row['least_norm'])).toBe(isElsewhere);
    }

    const result = await runStage(run, inputs, [''], { overrides: [] }, ['markdown']);
    await expectSoundFigure(result);
    const table = parseCsv(readOutput(result, 'csv').toString('utf8'));
    expect(table.map(({ problem }) => problem)).toEqual(names);
    const picture = readOutput(result, 'svg').toString('utf8');
    expect(picture).toMatch(/>10⁻¹?[⁰¹²³⁴⁵⁶⁷⁸⁹]</);
    expect(picture).not.toMatch(/>\d+e[-+]?\d/);
    expect(readOutput(result, 'markdown').toString('utf8')).toMatch(
      /\| least squares \| SGD from zero \| 10 \| \d+ \| \d\.\d × 10⁻\S+ \| \S+ \| \d\.\d × 10⁻\S+ \| 0\.0 % \|/,
    );
  });

  it('says which did not converge', async () => {
    const { inputs } = await solveSmall({ least_squares: [20], epochs: 2, kernel: [30] });
    const result = await runStage(run, inputs, [''], { overrides: [] }, ['markdown']);
    expect(readOutput(result, 'markdown').toString('utf8')).toContain(
      'Not converged in its epochs: n = 20.',
    );
  });

  it('names each parameter that does not fit', async () => {
    await expect(solveSmall({ least_squares: [5], epochs: 0, kernel: [30] })).rejects.toThrow(
      /least_norm\.least_squares\.0 must be >= 10.*\n.*epochs must be >= 1/,
    );
  });
});
