import { expect, it } from 'vitest';
import type { WindowGeometry } from '../../../../../../experiment/training/onnx/blocked/blocks.ts';
import {
  convolve,
  convolveInputGradient,
} from '../../../../../../experiment/training/onnx/blocked/convolution.ts';
import {
  convolveFilterGradient,
  type InputRole,
  Roles,
} from '../../../../../../experiment/training/onnx/blocked/filter-gradient.ts';
import {
  blockedFilterShape,
  blockFilter,
  blockVector,
  type FilterShape,
  padChannels,
  unblockFilter,
} from '../../../../../../experiment/training/onnx/blocked/layout.ts';
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

/** Single precision on sums of a few thousand products. */
const TOLERANCE = 2e-6;

interface Case {
  readonly name: string;
  readonly input: readonly [batch: number, channels: number, height: number, width: number];
  readonly outputs: number;
  readonly window: WindowGeometry;
}

function square(kernel: number, stride: number, pad: number): WindowGeometry {
  const pads = { top: pad, left: pad, bottom: pad, right: pad };
  return { height: kernel, width: kernel, stride, pads };
}

const uneven: WindowGeometry = {
  height: 3,
  width: 2,
  stride: 1,
  pads: { top: 2, left: 0, bottom: 0, right: 1 },
};

const CASES: readonly Case[] = [
  { name: '1×1', input: [4, 20, 7, 5], outputs: 24, window: square(1, 1, 0) },
  { name: '3×3', input: [17, 5, 7, 9], outputs: 19, window: square(3, 1, 1) },
  { name: '5×5 on one sample', input: [1, 33, 9, 7], outputs: 6, window: square(5, 1, 1) },
  { name: '3×2, padded unevenly', input: [4, 7, 6, 5], outputs: 70, window: uneven },
  { name: '3×3/2 on even sizes', input: [4, 18, 8, 6], outputs: 20, window: square(3, 2, 1) },
  { name: '3×3/2 on odd sizes', input: [17, 6, 9, 7], outputs: 9, window: square(3, 2, 1) },
  {
    name: '3×3/2 with a row left over',
    input: [4, 6, 8, 9],
    outputs: 17,
    window: square(3, 2, 0),
  },
  { name: '5×5/2', input: [1, 6, 9, 10], outputs: 5, window: square(5, 2, 2) },
  { name: '1×1/2', input: [4, 9, 7, 8], outputs: 21, window: square(1, 2, 0) },
  { name: '2×2/2', input: [4, 9, 7, 8], outputs: 3, window: square(2, 2, 0) },
  {
    name: '3×3/2, padded unevenly and widely',
    input: [4, 3, 7, 6],
    outputs: 5,
    window: { ...square(3, 2, 0), pads: { top: 2, left: 1, bottom: 2, right: 0 } },
  },
];

function filterOf({ input, outputs, window }: Case, plain = false): FilterShape {
  const { height, width } = window;
  return { outputs, inputs: [input[1]], plain, height, width };
}

function randomFilter(shape: FilterShape): Float64Array {
  const inputs = shape.inputs.reduce((sum, part) => sum + part, 0);
  return randomValues('filter', shape.outputs * inputs * shape.height * shape.width);
}

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

describeBlocked("the gradient of a blocked convolution's filter", () => {
  const roles: readonly InputRole[] = ['image', 'filter'];
  const cases = CASES.flatMap((test) =>
    roles
      .filter((role) => role === 'image' || test.window.stride === 1)
      .map((role) => ({ ...test, role })),
  );

  function randomOperands({ input: sizes, outputs, window }: Case) {
    const input = randomImages('input', sizes);
    const { height, width } = outputSizes(input, window);
    const gradient = randomImages('gradient', [sizes[0], outputs, height, width]);
    return { input, gradient };
  }

  async function findGradient(test: Case, role: InputRole, plain: boolean, threads: 1 | 2 = 1) {
    const { input, gradient } = randomOperands(test);
    const trial = new Trial();
    const value = convolveFilterGradient(
      trial.blocks,
      new Roles(trial.blocks),
      plain ? trial.plain(input) : trial.blocked(input),
      trial.blocked(gradient),
      test.window,
      role,
    );
    trial.output('gradient', value, blockedFilterShape(filterOf(test, plain), block));
    return (await trial.run(threads)).get('gradient') ?? new Float32Array();
  }

  function expectedGradient(test: Case): Float64Array {
    const { input, gradient } = randomOperands(test);
    const { height, width } = test.window;
    const expected = new Float64Array(test.outputs * test.input[1] * height * width);
    forEachProduct(input, test.outputs, test.window, (o, i, w) => {
      expected[w] =
        (expected[w] as number) + (gradient.values[o] as number) * (input.values[i] as number);
    });
    return expected;
  }

  it.each(cases)('equals plain loops: $name, the input as $role', async (test) => {
    const blocked = await findGradient(test, test.role, false);
    const expected = expectedGradient(test);
    const found = unblockFilter(blocked, filterOf(test), block);
    expect(relativeError(found, expected)).toBeLessThan(TOLERANCE);
    const added = blocked.filter((value) => value !== 0).length - expected.length;
    expect(added).toBeLessThanOrEqual(0);
  });

  it.each([1, 16, 17])('equals plain loops for plain images, %i samples', async (batch) => {
    const test: Case = {
      name: '',
      input: [batch, 3, 9, 8],
      outputs: 10,
      window: square(5, 1, 1),
    };
    const blocked = await findGradient(test, 'image', true);
    const found = unblockFilter(blocked, filterOf(test, true), block);
    expect(relativeError(found, expectedGradient(test))).toBeLessThan(TOLERANCE);
  });

  it('has the same bits on one thread and on two', async () => {
    const test: Case = {
      name: '',
      input: [40, 40, 12, 12],
      outputs: 72,
      window: square(3, 1, 1),
    };
    for (const role of roles) {
      const [one, two] = [
        await findGradient(test, role, false, 1),
        await findGradient(test, role, false, 2),
      ];
      expect(Buffer.compare(new Uint8Array(one.buffer), new Uint8Array(two.buffer))).toBe(0);
    }
  });

  it('shares what has been converted', () => {
    const trial = new Trial();
    const x = trial.blocked(randomImages('input', [4, 3, 5, 5]));
    const made = new Roles(trial.blocks);
    const edges = { top: 1, left: 1, bottom: 1, right: 1 };
    expect(made.image(x, edges)).toBe(made.image(x, edges));
    expect(made.filter(x)).toBe(made.filter(x));
    expect(made.image(x, { ...edges, top: 0 })).not.toBe(made.image(x, edges));
  });
});
