import { expect, it } from 'vitest';
import type { WindowGeometry } from '../../../../../../experiment/training/onnx/blocked/blocks.ts';
import {
  convolve,
  convolveInputGradient,
} from '../../../../../../experiment/training/onnx/blocked/convolution.ts';
import {
  blockedFilterShape,
  blockFilter,
  blockVector,
  type FilterShape,
  padChannels,
} from '../../../../../../experiment/training/onnx/blocked/layout.ts';
import { CASES, filterOf, randomFilter, square, TOLERANCE } from './convolution-cases.ts';
import {
  block,
  blockedSizes,
  describeBlocked,
  forEachProduct,
  type Images,
  mapImages,
  outputSizes,
  randomImages,
  randomValues,
  relativeError,
  Trial,
} from './harness.ts';

function declareFilter(trial: Trial, values: Float64Array, shape: FilterShape) {
  const laidOut = blockFilter(Float32Array.from(values), shape, block);
  const value = trial.array(laidOut, blockedFilterShape(shape, block));
  return { value, outputs: padChannels(shape.outputs, block) };
}

function expectedOutput(
  input: Images,
  filter: Float64Array,
  outputs: number,
  window: WindowGeometry,
) {
  const sizes = { batch: input.batch, channels: outputs, ...outputSizes(input, window) };
  const values = new Float64Array(sizes.batch * outputs * sizes.height * sizes.width);
  forEachProduct(input, outputs, window, (o, i, w) => {
    values[o] = (values[o] as number) + (input.values[i] as number) * (filter[w] as number);
  });
  return { ...sizes, values };
}

describeBlocked('a blocked convolution', () => {
  it.each(CASES)('equals plain loops: $name', async (test) => {
    const shape = filterOf(test);
    const input = randomImages('input', test.input);
    const filter = randomFilter(shape);
    const expected = expectedOutput(input, filter, test.outputs, test.window);
    const trial = new Trial();
    const declared = declareFilter(trial, filter, shape);
    const output = convolve(trial.blocks, trial.blocked(input), declared, test.window);
    trial.images('output', output, test.outputs);
    const found = await trial.run();
    expect(relativeError(found.get('output'), expected.values)).toBeLessThan(TOLERANCE);
  });

  it('adds a bias and a sum before the ReLU, of which added channels stay zero', async () => {
    const window = square(3, 1, 1);
    const input = randomImages('input', [2, 5, 4, 6]);
    const shape = { outputs: 6, inputs: [5], plain: false, height: 3, width: 3 };
    const filter = randomFilter(shape);
    const bias = randomValues('bias', 6);
    const sum = randomImages('sum', [2, 6, 4, 6]);
    const convolved = expectedOutput(input, filter, 6, window);
    const expected = mapImages(convolved, (value, at) =>
      Math.max(0, value + (bias[Math.floor(at / 24) % 6] as number) + (sum.values[at] as number)),
    );
    const trial = new Trial();
    const padded = blockVector(Float32Array.from(bias), [6], block);
    const output = convolve(
      trial.blocks,
      trial.blocked(input),
      declareFilter(trial, filter, shape),
      window,
      { bias: trial.array(padded, [block]), sum: trial.blocked(sum), relu: true },
    );
    trial.images('output', output, 6);
    trial.images('all', output, block);
    const found = await trial.run();
    expect(relativeError(found.get('output'), expected.values)).toBeLessThan(TOLERANCE);
    const added = found.get('all')?.filter((_, at) => Math.floor(at / 24) % block >= 6);
    expect(added?.every((value) => value === 0)).toBe(true);
  });

  it('of a concatenation is the sum over its parts', async () => {
    const window = square(3, 1, 1);
    const parts = [randomImages('a', [3, 5, 4, 4]), randomImages('b', [3, 18, 4, 4])] as const;
    const whole: Images = {
      ...randomImages('whole', [3, 23, 4, 4]),
      values: Float64Array.from({ length: 3 * 23 * 16 }, (_, at) => {
        const [n, c] = [Math.floor(at / (23 * 16)), Math.floor(at / 16) % 23];
        const [part, channels, channel] = c < 5 ? [parts[0], 5, c] : [parts[1], 18, c - 5];
        return part.values[(n * channels + channel) * 16 + (at % 16)] as number;
      }),
    };
    const shape = { outputs: 7, inputs: [5, 18], plain: false, height: 3, width: 3 };
    const filter = randomFilter(shape);
    const expected = expectedOutput(whole, filter, 7, window);
    const trial = new Trial();
    const { graph } = trial;
    const declared = declareFilter(trial, filter, shape);
    const inputBlocks = blockedFilterShape(shape, block).at(1) ?? 0;
    const seen = graph.node('Reshape', [
      declared.value,
      graph.int64s([1, inputBlocks / block, -1]),
    ]);
    let start = 0;
    let sum: ReturnType<typeof convolve> | undefined;
    for (const part of parts) {
      const activation = trial.blocked(part);
      const end = start + activation.channels / block;
      const axes = graph.int64s([1]);
      const slice = graph.node('Slice', [seen, graph.int64s([start]), graph.int64s([end]), axes]);
      const value = graph.node('Reshape', [
        slice,
        graph.int64s([block, activation.channels, 3, 3]),
      ]);
      const options = sum === undefined ? {} : { sum };
      sum = convolve(trial.blocks, activation, { value, outputs: block }, window, options);
      start = end;
    }
    if (sum === undefined) throw new Error('there are two parts');
    trial.images('output', sum, 7);
    const found = await trial.run();
    expect(relativeError(found.get('output'), expected.values)).toBeLessThan(TOLERANCE);
  });

  it('reads plain images of three channels', async () => {
    const test = { input: [5, 3, 9, 8], outputs: 10, window: square(5, 1, 1) } as const;
    const input = randomImages('input', test.input);
    const shape = filterOf({ ...test, name: '' }, true);
    const filter = randomFilter(shape);
    const expected = expectedOutput(input, filter, 10, test.window);
    const trial = new Trial();
    const declared = declareFilter(trial, filter, shape);
    const output = convolve(trial.blocks, trial.plain(input), declared, test.window);
    trial.images('output', output, 10);
    const found = await trial.run();
    expect(relativeError(found.get('output'), expected.values)).toBeLessThan(TOLERANCE);
  });
});

describeBlocked("the gradient of a blocked convolution's input", () => {
  it.each(CASES)('equals plain loops, added to a sum: $name', async (test) => {
    const shape = filterOf(test);
    const input = randomImages('input', test.input);
    const filter = randomFilter(shape);
    const { height, width } = outputSizes(input, test.window);
    const gradient = randomImages('gradient', [test.input[0], test.outputs, height, width]);
    const sum = randomImages('sum', test.input);
    const expected = Float64Array.from(sum.values);
    forEachProduct(input, test.outputs, test.window, (o, i, w) => {
      expected[i] =
        (expected[i] as number) + (gradient.values[o] as number) * (filter[w] as number);
    });
    const trial = new Trial();
    const declared = declareFilter(trial, filter, shape);
    const found = convolveInputGradient(
      trial.blocks,
      trial.blocked(gradient),
      declared.value,
      blockedSizes(input),
      test.window,
      trial.blocked(sum),
    );
    trial.images('gradient', found, test.input[1]);
    expect(relativeError((await trial.run()).get('gradient'), expected)).toBeLessThan(TOLERANCE);
  });

  it('needs no sum', async () => {
    for (const window of [square(3, 1, 1), square(3, 2, 1)]) {
      const input = randomImages('input', [2, 3, 5, 5]);
      const shape = { outputs: 4, inputs: [3], plain: false, height: 3, width: 3 };
      const filter = randomFilter(shape);
      const { height, width } = outputSizes(input, window);
      const gradient = randomImages('gradient', [2, 4, height, width]);
      const expected = new Float64Array(input.values.length);
      forEachProduct(input, 4, window, (o, i, w) => {
        expected[i] =
          (expected[i] as number) + (gradient.values[o] as number) * (filter[w] as number);
      });
      const trial = new Trial();
      const found = convolveInputGradient(
        trial.blocks,
        trial.blocked(gradient),
        declareFilter(trial, filter, shape).value,
        blockedSizes(input),
        window,
      );
      trial.images('gradient', found, 3);
      expect(relativeError((await trial.run()).get('gradient'), expected)).toBeLessThan(TOLERANCE);
    }
  });
});
