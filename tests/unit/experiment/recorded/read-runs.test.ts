import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  readEvaluation,
  readTiming,
  readTrainingRun,
} from '../../../../experiment/recorded/read-runs.ts';
import type { JobInput } from '../../../../pipeline/contract/stage.ts';
import { makeFolder } from '../plot/recorded-runs.ts';

const RUN =
  '{"kind":"run","experiment":"MLP1_0.0_none","model":"MLP1","corruption":"none","p":0,"seed":42,' +
  '"parameters":1,"train":256,"width":1,"init":"pytorch","weight_decay":0,"crop":false,"decay_every":null,"batch_size":128,"dataset":"CIFAR-10","synthetic":false,"engine":"onnx"}';
const STEPS = [
  '{"kind":"step","step":1,"epoch":1,"loss":2.30,"accuracy":0.1}',
  '{"kind":"step","step":2,"epoch":1,"loss":0.009,"accuracy":1}',
];
const EPOCH = '{"kind":"epoch","epoch":1,"step":2,"loss":1.1,"accuracy":0.5,"learning_rate":0.01}';
const THRESHOLD = '{"kind":"threshold","epoch":1,"step":2,"loss":1.1,"accuracy":0.5}';
const END = '{"kind":"end","epoch":1,"step":2,"reason":"interpolated"}';
const EVALUATION =
  '{"experiment":"MLP1_0.0_none","model":"MLP1","corruption":"none","p":0,"seed":42,' +
  '"dataset":"CIFAR-10","synthetic":false,"train":256,"width":1,"init":"pytorch","weight_decay":0,"crop":false,"decay_every":null,"test":10,"parameters":1,"reached":true,' +
  '"epoch":1,"step":2,"train_loss":1.1,"train_accuracy":0.5,"test_loss":1,"test_accuracy":0.4,"test_error":0.6}';

let path: string;
beforeAll(async () => {
  path = join(await makeFolder(), 'file.jsonl');
});

async function makeInput(...lines: readonly string[]): Promise<JobInput> {
  await writeFile(path, lines.map((line) => `${line}\n`).join(''));
  return { node: 'train/MLP1_0.0_none', cell: {}, path };
}

describe('readTrainingRun', () => {
  it('reads steps, threshold and end', async () => {
    const run = await readTrainingRun(await makeInput(RUN, ...STEPS, EPOCH, THRESHOLD, END));
    expect(run).toMatchObject({
      experiment: 'MLP1_0.0_none',
      batchSize: 128,
      thresholdStep: 2,
      end: 'interpolated',
    });
    expect(run.steps).toEqual([
      { step: 1, epoch: 1, loss: 2.3 },
      { step: 2, epoch: 1, loss: 0.009 },
    ]);
  });

  it('takes the means of epochs where steps are logged less often than once an epoch', async () => {
    const second = EPOCH.replace('"epoch":1,"step":2,"loss":1.1', '"epoch":2,"step":4,"loss":0.5');
    const run = await readTrainingRun(
      await makeInput(RUN, ...STEPS.slice(0, 1), EPOCH, second, END),
    );
    expect(run.steps).toEqual([
      { step: 2, epoch: 1, loss: 1.1 },
      { step: 4, epoch: 2, loss: 0.5 },
    ]);
  });

  it('reads a training that diverged at its first step', async () => {
    const end =
      '{"kind":"end","epoch":1,"step":1,"reason":"diverged","loss":"NaN","learning_rate":1}';
    const run = await readTrainingRun(await makeInput(RUN, end));
    expect(run).toMatchObject({ steps: [], thresholdStep: null, end: 'diverged' });
  });

  it.each([
    [
      'a file cut short',
      [RUN, ...STEPS],
      "expected lines of kind 'step' or 'epoch' and, last, one of kind 'end'",
    ],
    ['a line cut short', [RUN, STEPS[0], '{"kind":"step","st'], ':3: expected a JSON object'],
    [
      'a loss that is no number',
      [RUN, '{"kind":"step","step":1,"epoch":1,"loss":"low"}', END],
      ':2',
    ],
    ['an unknown kind', [RUN, '{"kind":"stop"}', END], ':2'],
    ['steps out of order', [RUN, STEPS[1], STEPS[0], END], ':3: expected a step after 2, found 1'],
    ['lines after the end', [RUN, ...STEPS, END, EPOCH], ':5: expected nothing after'],
    ['no run line', [...STEPS, END], ':1'],
    ['an empty file', [], 'expected JSON lines, found an empty file'],
  ])('refuses %s, naming file and line', async (_, lines, message) => {
    const input = await makeInput(...lines.filter((line) => line !== undefined));
    const reading = readTrainingRun(input);
    await expect(reading).rejects.toMatchObject({ name: 'StageFailure' });
    await expect(reading).rejects.toThrow(path);
    await expect(reading).rejects.toThrow(message);
  });

  it('says what to run again', async () => {
    const reading = readTrainingRun(await makeInput('{}'));
    await expect(reading).rejects.toThrow('run train/MLP1_0.0_none again');
  });

  it('names a file that is not there', async () => {
    const input = { cell: {}, path: join(path, 'nowhere') };
    await expect(readTrainingRun(input)).rejects.toThrow(`cannot read ${input.path}`);
  });
});

describe('readEvaluation', () => {
  it('reads the one line', async () => {
    expect(await readEvaluation(await makeInput(EVALUATION))).toMatchObject({
      reached: true,
      step: 2,
      test_error: 0.6,
    });
  });

  it.each([
    ['a second line', [EVALUATION, EVALUATION], 'expected one line'],
    [
      'an error in percent',
      [EVALUATION.replace('"test_error":0.6', '"test_error":60')],
      'test_error',
    ],
    ['no error', [EVALUATION.replace('"test_error"', '"error"')], 'test_error'],
  ])('refuses %s', async (_, lines, message) => {
    await expect(readEvaluation(await makeInput(...lines))).rejects.toThrow(message);
  });
});

describe('readTiming', () => {
  it('refuses negative seconds, naming the line', async () => {
    const input = await makeInput('{"epoch":1,"seconds":1.5}', '{"epoch":2,"seconds":-1}');
    await expect(readTiming(input)).rejects.toThrow(`${path}:2`);
  });
});
