import { expect, it } from 'vitest';
import type { WindowGeometry } from '../../../../../../experiment/training/onnx/blocked/blocks.ts';
import {
  globalAveragePool,
  globalAveragePoolGradient,
} from '../../../../../../experiment/training/onnx/blocked/global-average-pool.ts';
import {
  maxPoolForward,
  maxPoolGradient,
  type Pooling,
} from '../../../../../../experiment/training/onnx/blocked/max-pool.ts';
import {
  blockedSizes,
  describeBlocked,
  forEachTap,
  type Images,
  mapImages,
  outputSizes,
  randomImages,
  relativeError,
  Trial,
} from './harness.ts';

const TOLERANCE = 1e-6;

function square(kernel: number, stride: number, pad: number): WindowGeometry {
  const pads = { top: pad, left: pad, bottom: pad, right: pad };
  return { height: kernel, width: kernel, stride, pads };
}

/** For every window: where its first maximum is. */
function findMaxima(input: Images, window: WindowGeometry): readonly number[] {
  const { height, width } = outputSizes(input, window);
  const maxima: number[] = [];
  for (let plane = 0; plane < input.batch * input.channels; plane += 1) {
    for (let at = 0; at < height * width; at += 1) {
      let best = -1;
      forEachTap(input, window, Math.floor(at / width), at % width, (row, column) => {
        const position = (plane * input.height + row) * input.width + column;
        const value = input.values[position] as number;
        if (best < 0 || value > (input.values[best] as number)) best = position;
      });
      maxima.push(best);
    }
  }
  return maxima;
}

/** Pools with a gradient and, as `evaluated`, without one. */
async function poolImages(
  input: Images,
  gradient: Images,
  window: WindowGeometry,
  { rectified = false }: Partial<Pick<Pooling, 'rectified'>> = {},
): Promise<Map<string, Float32Array>> {
  const trial = new Trial();
  const { blocks } = trial;
  const activation = trial.blocked(input);
  const pooling: Pooling = { window, rectified, trained: true };
  const pooled = maxPoolForward(blocks, activation, pooling);
  const { output } = maxPoolForward(blocks, activation, { ...pooling, trained: false });
  const spread = maxPoolGradient(blocks, activation, pooled, trial.blocked(gradient), pooling);
  trial.images('output', pooled.output, input.channels);
  trial.images('evaluated', output, input.channels);
  trial.images('gradient', spread, input.channels);
  // Whether a zero has a sign does not matter.
  const found = [...(await trial.run())];
  return new Map(found.map(([name, values]) => [name, values.map((value) => value + 0)]));
}

describeBlocked('blocked max-pooling', () => {
  it.each([
    { name: '3×3/2', sizes: [4, 20, 8, 10], window: square(3, 2, 0) },
    { name: '3×3/2 on odd sizes', sizes: [17, 3, 9, 7], window: square(3, 2, 0) },
    { name: '3×3/2, padded', sizes: [1, 18, 7, 8], window: square(3, 2, 1) },
    { name: '2×2/2', sizes: [4, 5, 7, 6], window: square(2, 2, 0) },
    { name: '3×3', sizes: [4, 5, 7, 6], window: square(3, 1, 1) },
    { name: '2×2/3, with gaps', sizes: [1, 5, 8, 9], window: square(2, 3, 0) },
    {
      name: '3×2/2, padded unevenly',
      sizes: [4, 5, 6, 7],
      window: {
        height: 3,
        width: 2,
        stride: 2,
        pads: { top: 0, left: 1, bottom: 1, right: 0 },
      },
    },
  ] as const)('gives each gradient to the first maximum among ties: $name', async (test) => {
    // Few different values: most windows have ties, also at zero, beside the padding.
    const input = mapImages(randomImages('input', test.sizes), (value) =>
      Math.min(Math.round(value), 1),
    );
    const maxima = findMaxima(input, test.window);
    const { height, width } = outputSizes(input, test.window);
    const gradient = randomImages('gradient', [test.sizes[0], test.sizes[1], height, width]);
    const expected = new Float64Array(input.values.length);
    for (const [at, position] of maxima.entries()) {
      expected[position] = (expected[position] as number) + (gradient.values[at] as number);
    }
    const found = await poolImages(input, gradient, test.window);
    const values = maxima.map((position) => input.values[position] as number);
    expect(relativeError(found.get('output'), Float64Array.from(values))).toBe(0);
    expect(relativeError(found.get('evaluated'), Float64Array.from(values))).toBe(0);
    expect(relativeError(found.get('gradient'), expected)).toBeLessThan(TOLERANCE);
  });

  it('of rectified values, finds the same maxima above zero beside the padding', async () => {
    const input = mapImages(randomImages('rectified', [3, 17, 8, 8]), (value) =>
      Math.max(0, Math.round(value)),
    );
    const gradient = randomImages('gradient', [3, 17, 4, 4]);
    const window = square(3, 2, 1);
    const expected = (await poolImages(input, gradient, window)).get('gradient');
    const found = (await poolImages(input, gradient, window, { rectified: true })).get('gradient');
    const masked = (values?: Float32Array) =>
      values?.map((value, at) => ((input.values[at] as number) > 0 ? value : 0));
    expect(masked(found)).toEqual(masked(expected));
  });

  it('tells apart values that differ by one bit', async () => {
    const next = Math.fround(1 + 2 ** -23);
    const input = { values: Float64Array.of(1, next, next, 1), batch: 1, channels: 1 };
    const gradient = { values: Float64Array.of(7), batch: 1, channels: 1, height: 1, width: 1 };
    const window = square(2, 2, 0);
    const found = await poolImages({ ...input, height: 2, width: 2 }, gradient, window);
    expect(found.get('gradient')).toEqual(Float32Array.of(0, 7, 0, 0));
  });
});

describeBlocked('blocked global average pooling', () => {
  it('equals plain loops, forward and backward', async () => {
    const input = randomImages('input', [3, 20, 5, 4]);
    const means = Float64Array.from({ length: 60 }, (_, at) => {
      const plane = input.values.subarray(at * 20, at * 20 + 20);
      return plane.reduce((sum, value) => sum + value, 0) / 20;
    });
    const gradient = randomImages('gradient', [3, 20, 1, 1]).values;
    const expected = input.values.map((_, at) => (gradient[Math.floor(at / 20)] as number) / 20);
    const trial = new Trial();
    const pooled = globalAveragePool(trial.blocks, trial.blocked(input), 20);
    trial.output('means', pooled, [3, 20]);
    const spread = globalAveragePoolGradient(
      trial.blocks,
      trial.array(gradient, [3, 20]),
      20,
      blockedSizes(input),
    );
    trial.images('gradient', spread, 20);
    const found = await trial.run();
    expect(relativeError(found.get('means'), means)).toBeLessThan(TOLERANCE);
    expect(relativeError(found.get('gradient'), expected)).toBeLessThan(TOLERANCE);
  });
});
