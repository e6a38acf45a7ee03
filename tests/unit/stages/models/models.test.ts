import { describe, expect, it } from 'vitest';
import { buildModel } from '../../../../stages/models/model.ts';
import { findModel, MODEL_NAMES } from '../../../../stages/models/registry.ts';

describe('the models', () => {
  it.each([
    ['MLP1', 1_209_866],
    ['MLP3', 1_735_178],
  ])('%s has %d parameters', (name, count) => {
    expect(findModel(name).parameterCount).toBe(count);
  });

  it('take 28×28 colour images and give 10 logits', () => {
    for (const name of MODEL_NAMES) {
      const model = findModel(name);
      expect(model.inputShape).toEqual([3, 28, 28]);
      expect(model.classCount).toBe(10);
      expect(model.layers.at(-1)?.shape).toEqual([10]);
    }
  });

  it("name parameters and lay them out as PyTorch's linear layers do", () => {
    const { parameters } = findModel('MLP1');
    expect(parameters.map(({ name, shape, fanIn }) => [name, shape, fanIn])).toEqual([
      ['dense1.weight', [512, 2352], 2352],
      ['dense1.bias', [512], 2352],
      ['dense2.weight', [10, 512], 512],
      ['dense2.bias', [10], 512],
    ]);
  });

  it.each(['MLP2', 'toString', ''])(
    'an unknown one, "%s", is answered with the known ones',
    (name) => {
      expect(() => findModel(name)).toThrow(
        expect.objectContaining({
          name: 'StageFailure',
          message: `there is no model "${name}"; the known models are MLP1, MLP3`,
        }),
      );
    },
  );
});

describe('building a model', () => {
  it('refuses a layer that does not take its input', () => {
    const layers = [{ kind: 'dense', name: 'dense1', units: 10 }] as const;
    expect(() => buildModel('Wrong', [3, 28, 28], layers)).toThrow(
      /dense1 takes a vector.*\[3, 28, 28\].*flatten/,
    );
  });

  it('refuses two parameters of one name', () => {
    const dense = { kind: 'dense', name: 'dense1', units: 10 } as const;
    expect(() => buildModel('Wrong', [10], [dense, dense])).toThrow(/two parameters of one name/);
  });

  it('refuses an output that is no vector of logits', () => {
    expect(() => buildModel('Wrong', [3, 28, 28], [{ kind: 'relu' }])).toThrow(/not in logits/);
  });
});
