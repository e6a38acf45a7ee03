import { describe, expect, it } from 'vitest';
import {
  ADD,
  CONCAT,
  conv,
  dense,
  FLATTEN,
  GLOBAL_AVERAGE_POOL,
  localResponseNorm,
  maxPool,
  RELU,
} from '../../../../experiment/models/layers.ts';
import { chainModel, ModelBuilder } from '../../../../experiment/models/model-builder.ts';

describe('building a model', () => {
  const start = (...shape: number[]) => new ModelBuilder('Example', shape);

  it('joins branches by concatenating or adding them', () => {
    const model = start(3, 8, 8);
    const left = model.chain(model.input, conv('left', 4, { kernel: 1 }));
    const right = model.chain(model.input, conv('right', 2, { kernel: 3, padding: 1 }), RELU);
    const both = model.join(CONCAT, left, right);
    expect(both.shape).toEqual([6, 8, 8]);
    const sum = model.join(ADD, both, model.chain(both, RELU));
    const built = model.build(model.chain(sum, GLOBAL_AVERAGE_POOL, dense('dense', 10)));
    expect(built.layers[3]?.inputs).toEqual([left.name, right.name]);
    expect(built.parameters.map(({ name }) => name)).toEqual([
      'left.weight',
      'left.bias',
      'right.weight',
      'right.bias',
      'dense.weight',
      'dense.bias',
    ]);
  });

  it.each([
    ['drops a window that does not fit', { kernel: 3, stride: 2 }, [1, 3, 2]],
    ['pads all sides', { kernel: 3, stride: 2, padding: 1 }, [1, 4, 3]],
    ['pads each side', { kernel: 3, padding: [0, 2, 1, 0] as const }, [1, 7, 6]],
  ])('%s', (_, window, shape) => {
    const model = start(1, 8, 6);
    expect(model.chain(model.input, maxPool(window)).shape).toEqual(shape);
    expect(model.chain(model.input, conv('conv', 1, window)).shape).toEqual(shape);
  });

  it.each([
    ['a kernel larger than the map', { kernel: 9 }, /pool.*larger than its padded input of 8×8/i],
    ['windows within the padding', { kernel: 2, padding: 2 }, /padding less than the kernel/],
    ['half a stride', { kernel: 2, stride: 0.5 }, /whole numbers/],
  ])('refuses %s', (_, window, message) => {
    const model = start(1, 8, 8);
    expect(() => model.chain(model.input, maxPool(window))).toThrow(message);
  });

  it('refuses layers that do not take their inputs', () => {
    const model = start(3, 8, 8);
    const flat = model.chain(model.input, FLATTEN);
    const small = model.chain(model.input, maxPool({ kernel: 2, stride: 2 }));
    expect(() => model.chain(model.input, dense('dense1', 10))).toThrow(
      /dense1 takes a vector.*\[3, 8, 8\].*flatten/,
    );
    expect(() => model.chain(flat, conv('conv1', 4, { kernel: 1 }))).toThrow(
      /conv1 takes channels of images.*\[192\]/,
    );
    expect(() => model.join(ADD, model.input, small)).toThrow(/\[3, 8, 8\] and \[3, 4, 4\]/);
    expect(() => model.join(CONCAT, model.input, small)).toThrow(/\[3, 8, 8\] and \[3, 4, 4\]/);
    expect(() => model.chain(model.input, localResponseNorm(4))).toThrow(/odd/);
  });

  it('refuses two parameters of one name', () => {
    const layer = dense('dense1', 10);
    expect(() => chainModel('Wrong', [10], [layer, layer])).toThrow(/two parameters of one name/);
  });

  it('refuses an output that is no vector of logits, or that nothing reads', () => {
    expect(() => chainModel('Wrong', [3, 28, 28], [RELU])).toThrow(/not in logits/);
    const model = start(4);
    const logits = model.chain(model.input, dense('dense1', 10));
    model.chain(logits, RELU);
    expect(() => model.build(logits)).toThrow(/nothing reads: 1\.relu/);
  });
});
