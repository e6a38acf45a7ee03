import { describe, expect, it } from 'vitest';
import { cancelledBiases } from '../../../../experiment/models/cancelled-biases.ts';
import { flopsOf, trainingFlops } from '../../../../experiment/models/flops.ts';
import {
  ADD,
  batchNorm,
  conv,
  dense,
  GLOBAL_AVERAGE_POOL,
} from '../../../../experiment/models/layers.ts';
import { hasBatchNorm } from '../../../../experiment/models/model.ts';
import { ModelBuilder } from '../../../../experiment/models/model-builder.ts';
import { findModel, MODEL_NAMES } from '../../../../experiment/models/registry.ts';

describe('the models', () => {
  it.each([
    ['Net', 17_426],
    ['MLP1', 1_209_866],
    ['MLP3', 1_735_178],
    ['AlexNetSmall', 1_568_138],
    ['InceptionSmall', 1_651_114],
    ['InceptionSmallWithoutBN', 1_647_690],
    ['WideResNet', 1_549_850],
  ])('%s has %d parameters', (name, count) => {
    expect(findModel(name).parameterCount).toBe(count);
  });

  it.each([1, 0.125, 0.5])('at width %d take 28×28 colour images and give 10 logits', (width) => {
    for (const name of MODEL_NAMES) {
      const model = findModel(name, { width });
      expect(model.inputShape).toEqual([3, 28, 28]);
      expect(model.classCount).toBe(10);
      expect(model.layers.at(-1)?.shape).toEqual([10]);
    }
  });

  it("name parameters and lay them out as PyTorch's layers do", () => {
    const listed = (name: string) =>
      findModel(name).parameters.map(({ name: of, shape, fanIn }) => [of, shape, fanIn]);
    expect(listed('MLP1')).toEqual([
      ['dense1.weight', [512, 2352], 2352],
      ['dense1.bias', [512], 2352],
      ['dense2.weight', [10, 512], 512],
      ['dense2.bias', [10], 512],
    ]);
    expect(listed('Net').slice(0, 5)).toEqual([
      ['conv1.weight', [8, 3, 5, 5], 75],
      ['conv1.bias', [8], 75],
      ['bn1.weight', [8], 1],
      ['bn1.bias', [8], 1],
      ['conv2.weight', [16, 8, 3, 3], 72],
    ]);
    expect(
      findModel('Net')
        .statistics.slice(0, 2)
        .map(({ name, shape, initial }) => [name, shape, initial]),
    ).toEqual([
      ['bn1.running_mean', [8], 0],
      ['bn1.running_var', [8], 1],
    ]);
  });

  it('have batch norm where their descriptions say so', () => {
    const normalised = MODEL_NAMES.filter((name) => hasBatchNorm(findModel(name)));
    expect(normalised).toEqual(['Net', 'InceptionSmall', 'WideResNet']);
  });

  it('shrink with their width, to four channels at least', () => {
    const { parameters } = findModel('Net', { width: 0.01 });
    expect(parameters[0]?.shape).toEqual([4, 3, 5, 5]);
    expect(findModel('MLP1', { width: 0.125 }).parameters[0]?.shape).toEqual([64, 2352]);
  });

  it.each([
    ['AlexNet', 'AlexNetSmall'],
    ['Inception', 'InceptionSmall'],
  ])('are known by the short name %s', (short, full) => {
    expect(findModel(short).name).toBe(full);
  });

  it.each(['MLP2', 'toString', ''])(
    'an unknown one, "%s", is answered with the known ones',
    (name) => {
      expect(() => findModel(name)).toThrow(
        expect.objectContaining({
          name: 'StageFailure',
          message:
            `there is no model "${name}"; the known models are Net, MLP1, MLP3, AlexNetSmall, ` +
            'InceptionSmall, InceptionSmallWithoutBN, WideResNet',
        }),
      );
    },
  );
});

describe('a bias that a batch norm takes off again', () => {
  it('is that of a convolution whose output only batch norms read', () => {
    expect([...cancelledBiases(findModel('Net'))]).toEqual([
      'conv1.bias',
      'conv2.bias',
      'conv3.bias',
    ]);
    const model = new ModelBuilder('Both', [2, 3, 3]);
    const read = model.chain(model.input, conv('conv', 2, { kernel: 1 }));
    const sum = model.join(ADD, read, model.chain(read, batchNorm('norm')));
    const built = model.build(model.chain(sum, GLOBAL_AVERAGE_POOL, dense('dense', 2)));
    expect(cancelledBiases(built).size).toBe(0);
  });
});

describe('counting operations', () => {
  it('takes a multiplication with an addition as two, and a bias as one', () => {
    const window = { kernel: 3, padding: 1 };
    expect(flopsOf(conv('c', 5, { ...window, bias: false }), [[2, 4, 4]], [5, 4, 4])).toBe(
      5 * 16 * 2 * 18,
    );
    expect(flopsOf(conv('c', 5, window), [[2, 4, 4]], [5, 4, 4])).toBe(5 * 16 * (2 * 18 + 1));
  });

  it('counts a training step as three passes, without the gradient of the images', () => {
    const [first = 0, ...others] = findModel('MLP1')
      .layers.map(({ flops }) => flops)
      .filter(Boolean);
    const rest = others.reduce((sum, flops) => sum + flops, 0);
    const relu = 512;
    expect(trainingFlops(findModel('MLP1'))).toBe(2 * first + 3 * rest - relu);
  });
});
