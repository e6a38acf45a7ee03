import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ProjectCopy, REPOSITORY } from '../../fixtures/project.ts';

/** Real CIFAR-10 images, where a developer keeps them beside the repository. */
const FOLDER = join(REPOSITORY, '../shared/data');
const ARCHIVE = join(FOLDER, 'cifar-10-subset.tar.gz');

interface Evaluation {
  readonly experiment: string;
  readonly reached: boolean;
  readonly test: number;
  readonly test_error: number;
}

it.skipIf(!existsSync(ARCHIVE))(
  'fits random labels of real images and tests at chance, and true labels below it [needs images]',
  async () => {
    const sha256 = /\b[0-9a-f]{64}\b/.exec(readFileSync(join(FOLDER, 'README.md'), 'utf8'))?.[0];
    const project = new ProjectCopy();
    try {
      const { failed } = await project.run([
        'figure1.generalization-error',
        ...['--profile', 'cifar-small', '--set', `dataset.url=${ARCHIVE}`],
        ...['--set', `dataset.sha256=${sha256}`, '--set', 'levels=[0, 1]'],
        ...['--set', 'models=[MLP1, MLP3]', '--set', 'dataset.train=4000'],
        ...['--set', 'training.epochs=60'],
      ]);
      expect(failed).toBe(0);
      for (const model of ['MLP1', 'MLP3']) {
        const read = (p: string): Evaluation =>
          JSON.parse(project.read(`runs/cifar-small/${model}_${p}_none/evaluation.json`));
        expect(read('1.0')).toMatchObject({ reached: true, test: 2000 });
        // Chance, within four standard deviations of a binomial of 2,000 images.
        expect(Math.abs(read('1.0').test_error - 0.9)).toBeLessThan(0.027);
        expect(read('0.0').test_error).toBeLessThan(0.7);
      }
    } finally {
      project.remove();
    }
  },
);
