import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ProjectCopy } from '../../fixtures/project.ts';

const CONFIG = 'experiments/quick/MLP1/MLP1_0.3_none.yaml';
const SMALL = ['--set', 'dataset.train=200', '--set', 'dataset.test=100'];

let project: ProjectCopy;
beforeAll(() => {
  project = new ProjectCopy();
});
afterAll(() => project.remove());

const train = (epochs: number, ...more: string[]) =>
  project.pipeline(['train', '--config', CONFIG, '--epochs', String(epochs), ...SMALL, ...more]);
const weights = () => project.read('runs/quick/MLP1_0.3_none/checkpoint.safetensors');

describe('pipeline train', () => {
  it('writes a missing config from its name, trains, tests and notes the result', async () => {
    const { code, stdout } = await train(2);
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/Test accuracy: [\d.]+%/);
    expect(parse(project.read(CONFIG))).toMatchObject({
      model_name: 'MLP1',
      label_corruption_prob: 0.3,
      num_epochs: 2,
      stop_at_interpolation: false,
      state: {
        epochs: 2,
        checkpoint: 'runs/quick/MLP1_0.3_none/checkpoint.safetensors',
        interpolation: null,
      },
    });
  });

  it('trains nothing again, and its note makes nothing out of date', async () => {
    // The config was first named only and is now read: it is rendered again, to the same bytes.
    expect((await train(2)).stdout).toMatch(/\[cached\] train\/MLP1_0\.3_none/);
    expect((await train(2)).stdout).toMatch(/0 executed, 6 cached/);
  });

  it('goes on where it stopped when asked for more epochs, with the bits of a straight run', async () => {
    const { code, stdout } = await train(5);
    expect(code).toBe(0);
    expect(stdout).toContain('Resuming training from epoch 3');
    expect(parse(project.read(CONFIG))).toMatchObject({ num_epochs: 5, state: { epochs: 5 } });
    const extended = weights();
    const straight = new ProjectCopy();
    try {
      await straight.pipeline(['train', '--config', CONFIG, '--epochs', '5', ...SMALL]);
      const path = 'runs/quick/MLP1_0.3_none/checkpoint.safetensors';
      expect(straight.read(path)).toBe(extended);
    } finally {
      straight.remove();
    }
  });

  it('follows an edit of the config', async () => {
    const path = join(project.path, CONFIG);
    const byMilestones = { schedule: 'multi-step', lr_gamma: 0.5, lr_milestones: [3] };
    const edited = project
      .read(CONFIG)
      .replace('learning_rate: 0.01', 'learning_rate: 0.02')
      .replace(
        /lr_decay: .*\ndecay_steps: .*\n/,
        'schedule: multi-step\nlr_gamma: 0.5\nlr_milestones: [3]\n',
      );
    writeFileSync(path, edited);
    const { code } = await train(5);
    expect(code).toBe(0);
    const config = parse(project.read(CONFIG)) as Record<string, unknown>;
    expect(config).toMatchObject({ learning_rate: 0.02, ...byMilestones, state: { epochs: 5 } });
    const rates = project
      .read('runs/quick/MLP1_0.3_none/metrics.jsonl')
      .matchAll(/"learning_rate":([\d.]+)/g);
    expect([...rates].map(([, rate]) => rate)).toEqual(['0.02', '0.02', '0.02', '0.01', '0.01']);
  });

  it('says what a name should be, without a stack trace', async () => {
    const { code, stderr } = await project.pipeline(['train', '--config', 'experiments/x.yaml']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^pipeline train: experiments\/x\.yaml is not the place of a config/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
