import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRows } from '../../../../experiment/claims/read-rows.ts';
import { findModel } from '../../../../experiment/models/registry.ts';
import { EVALUATION_FIELDS, formatEvaluation } from '../../../../experiment/recorded/evaluation.ts';
import { type Subject, TRAINING_FACTS } from '../../../../experiment/recorded/facts.ts';
import {
  describeTraining,
  type EndLine,
  formatMetrics,
} from '../../../../experiment/recorded/metrics.ts';
import { readEvaluation, readTrainingRun } from '../../../../experiment/recorded/read-runs.ts';
import { exampleConfig, exampleDataset, multiStepConfig } from '../training/examples.ts';

const subject: Subject = {
  name: 'MLP1_0.0_none',
  config: exampleConfig({ decay_steps: 391, weight_decay: 0.0005, init: 'he' }),
  model: findModel('MLP1'),
  dataset: exampleDataset(30, 10),
  engine: { name: 'onnx' },
};
const outcome = {
  ...{ reached: false, epoch: 1, step: 1, train_loss: null, train_accuracy: null },
  ...{ test_loss: null, test_accuracy: null, test_error: null },
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facts-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function record(file: string, text: string) {
  const path = join(folder, file);
  await writeFile(path, text);
  return { cell: {}, path };
}

/** Fields of a training whose learning rate decays steadily. */
const withoutMilestones = (fields: object) =>
  Object.keys(fields).filter((name) => name !== 'milestones');

describe('the facts of an experiment', () => {
  it('are in a training, in the order in which they always were', async () => {
    const line = describeTraining(subject);
    expect(JSON.stringify(line)).toBe(
      '{"kind":"run","experiment":"MLP1_0.0_none","model":"MLP1","corruption":"none","p":0,"seed":42,' +
        '"weight_decay":0.0005,"crop":false,"width":1,"init":"he","decay_every":391,' +
        '"parameters":1209866,"train":30,"batch_size":16,"dataset":"ten patterns","synthetic":true,' +
        '"engine":"onnx"}',
    );
    const end: EndLine = {
      ...({ kind: 'end', epoch: 1, step: 1, reason: 'diverged' } as const),
      ...({ loss: 'NaN', learning_rate: 1 } as const),
    };
    const read = await readTrainingRun(await record('metrics.jsonl', formatMetrics([line, end])));
    const { batch_size: batchSize, kind: _, ...facts } = line;
    expect(read).toMatchObject({ ...facts, batchSize });
    expect(Object.keys(line).slice(1)).toEqual(withoutMilestones(TRAINING_FACTS));
  });

  it('are in an evaluation, with what came of it, in the order in which they always were', async () => {
    const text = formatEvaluation(subject, outcome);
    expect(text).toBe(
      '{"experiment":"MLP1_0.0_none","model":"MLP1","corruption":"none","p":0,"seed":42,' +
        '"weight_decay":0.0005,"crop":false,"dataset":"ten patterns","synthetic":true,"width":1,' +
        '"init":"he","decay_every":391,"train":30,"test":10,"parameters":1209866,"reached":false,' +
        '"epoch":1,"step":1,"train_loss":null,"train_accuracy":null,"test_loss":null,' +
        '"test_accuracy":null,"test_error":null}\n',
    );
    const expected = JSON.parse(text);
    expect(Object.keys(expected)).toEqual(withoutMilestones(EVALUATION_FIELDS));
    expect(await readEvaluation(await record('evaluation.json', text))).toEqual(expected);
    expect(parseRows('experiments.jsonl', text)).toEqual([expected]);
  });

  it('name the milestones of a training by steps', async () => {
    const byMilestones = { ...subject, config: multiStepConfig([100, 200]) };
    const text = formatEvaluation(byMilestones, outcome);
    const expected = { decay_every: null, milestones: [100, 200] };
    expect(await readEvaluation(await record('steps.json', text))).toMatchObject(expected);
    expect(describeTraining(byMilestones)).toMatchObject(expected);
    expect(parseRows('experiments.jsonl', text)).toMatchObject([expected]);
  });

  it('are asked of rows only as far as every publication has had them', () => {
    const { init: _, width: __, ...row } = JSON.parse(formatEvaluation(subject, outcome));
    expect(parseRows('experiments.jsonl', JSON.stringify(row))).toEqual([row]);
    const { seed: ___, ...unknown } = row;
    expect(() => parseRows('experiments.jsonl', JSON.stringify(unknown))).toThrow(/seed/);
  });
});
