import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProjectCopy } from '../../fixtures/project.ts';

/** One small experiment, through the shipped pipeline. */
const SETTINGS = [
  'models=[Net]',
  'levels=[0]',
  'dataset.train=72',
  'dataset.test=20',
  'training.width=0.125',
  'training.batch_size=32',
  'training.epochs=2',
];

const argumentsOf = (engine: string): string[] => [
  'evaluate/Net_0.0_none',
  ...[...SETTINGS, `engine.name=${engine}`].flatMap((setting) => ['--set', setting]),
];

let project: ProjectCopy;
beforeAll(() => {
  project = new ProjectCopy();
});
afterAll(() => project.remove());

interface Line {
  readonly kind: string;
  readonly engine?: string;
  readonly loss?: number;
}

function readLines(file: string): Line[] {
  const lines = project.read(`runs/quick/Net_0.0_none/${file}`).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Line);
}

const lossesOf = (lines: readonly Line[]) =>
  lines.flatMap(({ kind, loss }) => (kind === 'step' && loss !== undefined ? [loss] : []));

// On whichever package of TensorFlow.js is installed; the tests' own is always there.
describe('pipeline run --set engine.name=tfjs', () => {
  it('trains and tests an experiment, with the losses of the engine onnx', async () => {
    const { nodes } = await project.run(argumentsOf('tfjs'));
    expect(nodes).toContain('train/Net_0.0_none');
    expect(nodes).toContain('evaluate/Net_0.0_none');
    const lines = readLines('metrics.jsonl');
    expect(lines[0]).toMatchObject({ kind: 'run', engine: 'tfjs' });
    const losses = lossesOf(lines);
    expect(losses).toHaveLength(6);
    const [tested] = readLines('evaluation.json') as unknown as { test_loss: number }[];

    await project.run(argumentsOf('onnx'));
    const expected = lossesOf(readLines('metrics.jsonl'));
    for (const [step, loss] of losses.entries()) {
      expect(Math.abs(loss - (expected[step] ?? Number.NaN))).toBeLessThan(1e-3 * loss);
    }
    const [other] = readLines('evaluation.json') as unknown as { test_loss: number }[];
    expect(tested?.test_loss).toBeCloseTo(other?.test_loss ?? Number.NaN, 2);
  });

  it('keeps both results in the cache', async () => {
    expect(await project.run(argumentsOf('tfjs'))).toMatchObject({ executed: 0, failed: 0 });
    expect(readLines('metrics.jsonl')[0]).toMatchObject({ engine: 'tfjs' });
  });

  it('says how to get what a GPU needs', async () => {
    const { code, stdout, stderr } = await project.pipeline([
      'run',
      ...argumentsOf('tfjs'),
      // As if there was one: the engine then finds that its package is not there.
      ...['--set', 'engine.device=cuda', '--gpus', '0'],
    ]);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain('pipeline engines install tfjs-node --gpu');
  });
});
