import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Ajv, type ValidateFunction } from 'ajv';
import { beforeAll, describe, expect, it } from 'vitest';
import * as convergenceSlowdown from '../../../../stages/figures/convergence-slowdown.ts';
import * as corruptionSamples from '../../../../stages/figures/corruption-samples.ts';
import * as expressivity from '../../../../stages/figures/expressivity.ts';
import * as generalizationError from '../../../../stages/figures/generalization-error.ts';
import * as learningCurves from '../../../../stages/figures/learning-curves.ts';
import { readOutput } from './drawn-figure.ts';
import { makeFolder, recordLevels, recordTests, runStage } from './recorded-runs.ts';
import { recordData, recordFits } from './samples.ts';

// One file for all figures: compiling Vega-Lite's schema takes seconds.
describe('the Vega-Lite specs', () => {
  let validate: ValidateFunction;
  beforeAll(async () => {
    const path = createRequire(import.meta.url).resolve('vega-lite/vega-lite-schema.json');
    const ajv = new Ajv({
      strict: false,
      formats: { 'color-hex': true, uri: true, 'uri-reference': true },
    });
    validate = ajv.compile(JSON.parse(await readFile(path, 'utf8')));
  });

  it("follow Vega-Lite's own JSON Schema, and name it", async () => {
    const folder = await makeFolder();
    const models = ['MLP1', 'Net'];
    const tests = await recordTests(folder, models, { epochs: 5, stepsPerEpoch: 4 });
    const levels = await recordLevels(folder, models, [0, 0.5, 1], {
      epochs: 9,
      stepsPerEpoch: 4,
    });
    const evaluations = levels.map(({ evaluation }) => evaluation);
    const timings = levels.map(({ timing }) => timing);
    const curves = await runStage(learningCurves.run, {
      metrics: tests.map(({ metrics }) => metrics),
    });
    const slowdown = await runStage(convergenceSlowdown.run, { evaluations, timings }, [
      '',
      'minutes_',
    ]);
    const error = await runStage(generalizationError.run, { evaluations });
    const about = { dataset: 'CIFAR-10', synthetic: false, p: 1, seed: 42, fitted: 1 };
    const sizes = { points: 10, dimensions: 5, weights: 25, max_error: 1e-15 };
    const fits = await runStage(expressivity.run, {
      fits: [await recordFits([{ ...about, ...sizes }])],
    });
    const samples = await runStage(corruptionSamples.run, {
      data: [await recordData(folder, 'none', 0), await recordData(folder, 'gauss_pix', 0)],
    });

    for (const bytes of [
      readOutput(curves, 'spec'),
      readOutput(slowdown, 'spec'),
      readOutput(slowdown, 'minutes_spec'),
      readOutput(error, 'spec'),
      readOutput(samples, 'spec'),
      readOutput(fits, 'spec'),
    ]) {
      const spec = JSON.parse(bytes.toString('utf8'));
      validate(spec);
      expect(validate.errors ?? []).toEqual([]);
      expect(spec).toMatchObject({
        $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
        title: { text: expect.any(String), subtitle: expect.any(Array) },
        description: expect.any(String),
      });
    }
  });
});
