import { expect, it } from 'vitest';
import { view } from '../../../../../../experiment/training/onnx/blocked/blocks.ts';
import { convolveFilterGradient } from '../../../../../../experiment/training/onnx/blocked/filter-gradient.ts';
import {
  blockedFilterShape,
  unblockFilter,
} from '../../../../../../experiment/training/onnx/blocked/layout.ts';
import { Roles } from '../../../../../../experiment/training/onnx/blocked/roles.ts';
import { CASES, type Case, filterOf, square, TOLERANCE, uneven } from './convolution-cases.ts';
import {
  block,
  describeBlocked,
  forEachProduct,
  outputSizes,
  randomImages,
  relativeError,
  Trial,
} from './harness.ts';

describeBlocked("the gradient of a blocked convolution's filter", () => {
  function randomOperands({ input: sizes, outputs, window }: Case) {
    const input = randomImages('input', sizes);
    const { height, width } = outputSizes(input, window);
    const gradient = randomImages('gradient', [sizes[0], outputs, height, width]);
    return { input, gradient };
  }

  interface Options {
    readonly plain?: boolean;
    readonly inStrips?: boolean;
    readonly threads?: 1 | 2;
  }

  async function findGradient(
    test: Case,
    { plain = false, inStrips = false, threads = 1 }: Options = {},
  ) {
    const { input, gradient } = randomOperands(test);
    const trial = new Trial();
    const activation = plain ? trial.plain(input) : trial.blocked(input);
    const value = convolveFilterGradient(
      trial.blocks,
      new Roles(trial.blocks, { inStrips }),
      { activation, channels: input.channels },
      trial.blocked(gradient),
      test.window,
    );
    const shape = blockedFilterShape(filterOf(test, plain), block);
    trial.output('gradient', view(trial.blocks, value, shape), shape);
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

  it.each(CASES)('equals plain loops: $name', async (test) => {
    const blocked = await findGradient(test);
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
    const blocked = await findGradient(test, { plain: true });
    const found = unblockFilter(blocked, filterOf(test, true), block);
    expect(relativeError(found, expectedGradient(test))).toBeLessThan(TOLERANCE);
  });

  it.each<Case>([
    { name: '3×3', input: [3, 5, 28, 28], outputs: block + 1, window: square(3, 1, 1) },
    { name: '3×3/2', input: [3, 5, 30, 29], outputs: block + 1, window: square(3, 2, 1) },
    { name: '3×2', input: [1, 5, 18, 18], outputs: block + 1, window: uneven },
    { name: 'five blocks', input: [1, 3, 14, 14], outputs: 4 * block + 1, window: square(3, 1, 1) },
  ])('equals plain loops in strips: $name', async (test) => {
    const blocked = await findGradient(test, { inStrips: true });
    const found = unblockFilter(blocked, filterOf(test), block);
    expect(relativeError(found, expectedGradient(test))).toBeLessThan(TOLERANCE);
    expect(blocked).not.toEqual(await findGradient(test));
  });

  it('has the same bits on one thread and on two', async () => {
    const test: Case = {
      name: '',
      input: [40, 40, 12, 12],
      outputs: 72,
      window: square(3, 1, 1),
    };
    for (const window of [square(3, 1, 1), square(1, 1, 0)]) {
      const [one, two] = [
        await findGradient({ ...test, window }, { threads: 1 }),
        await findGradient({ ...test, window }, { threads: 2 }),
      ];
      expect(Buffer.compare(new Uint8Array(one.buffer), new Uint8Array(two.buffer))).toBe(0);
    }
  });

  it('has the same bits in strips on one thread and on two', async () => {
    const test: Case = {
      name: '',
      input: [32, 20, 15, 15],
      outputs: 2 * block,
      window: square(3, 1, 1),
    };
    const [one, two] = [
      await findGradient(test, { inStrips: true, threads: 1 }),
      await findGradient(test, { inStrips: true, threads: 2 }),
    ];
    expect(Buffer.compare(new Uint8Array(one.buffer), new Uint8Array(two.buffer))).toBe(0);
  });

  it('shares what has been converted', () => {
    const trial = new Trial();
    const x = trial.blocked(randomImages('input', [4, 3, 5, 5]));
    const made = new Roles(trial.blocks, { inStrips: false });
    const edges = { top: 1, left: 1, bottom: 1, right: 1 };
    expect(made.image(x, 3, edges)).toBe(made.image(x, 3, edges));
    expect(made.filter(x)).toBe(made.filter(x));
    expect(made.image(x, 3, { ...edges, top: 0 })).not.toBe(made.image(x, 3, edges));
  });
});
