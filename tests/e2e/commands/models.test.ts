import { describe, expect, it } from 'vitest';
import { REPOSITORY, runCommand } from '../../fixtures/project.ts';

const models = (...args: string[]) =>
  runCommand([process.execPath, 'pipeline/bin/pipeline.js', 'models', ...args], REPOSITORY);

describe('pipeline models', () => {
  it('lists the models with the parameter counts of the paper’s experiments', async () => {
    const { code, stdout } = await models();
    expect(code).toBe(0);
    const counts = [...stdout.matchAll(/^(\w+) +([\d,]+) +[\d,]+ +[\d,]+ MB$/gm)].map(
      ([, name, count]) => [name, Number(count?.replaceAll(',', ''))],
    );
    expect(Object.fromEntries(counts)).toEqual({
      Net: 17_426,
      MLP1: 1_209_866,
      MLP3: 1_735_178,
      AlexNetSmall: 1_568_138,
      InceptionSmall: 1_651_114,
      InceptionSmallWithoutBN: 1_647_690,
      WideResNet: 1_549_850,
    });
  });

  it('tells what a training takes of a GPU’s memory, by the size of batches', async () => {
    const { stdout } = await models('--batch', '512');
    const rows = stdout.matchAll(/^(\w+) .* ([\d,]+) MB$/gm);
    const needs = new Map(
      [...rows].map(([, name, need]) => [name, Number(need?.replace(',', ''))]),
    );
    // Weights and momentum of four bytes each, twice.
    expect(needs.get('MLP1')).toBeGreaterThan((1_209_866 * 16) / 2 ** 20);
    expect(needs.get('MLP1')).toBeLessThan(40);
    expect(needs.get('WideResNet')).toBeGreaterThan(400);
  });

  it('prints the layers of one, by its short name too', async () => {
    const { stdout } = await models('AlexNet');
    expect(stdout).toMatch(/^AlexNetSmall, images of 3×28×28\n/);
    expect(stdout).toMatch(/^dense1 +dense +384 +1,180,032 +2,359,680$/m);
  });

  it('refuses an unknown name with those it knows', async () => {
    const { code, stderr } = await models('AlexNot');
    expect(code).toBe(1);
    expect(stderr).toContain('there is no model "AlexNot"; the known models are Net, MLP1');
  });
});
