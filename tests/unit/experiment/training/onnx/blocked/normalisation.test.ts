import { expect, it } from 'vitest';
import {
  batchStatistics,
  normalize,
  normalizeGradients,
} from '../../../../../../experiment/training/onnx/blocked/batch-norm.ts';
import {
  meanProducts,
  scaleChannels,
  sumChannels,
} from '../../../../../../experiment/training/onnx/blocked/channels.ts';
import {
  blockVector,
  padChannels,
  unblockVector,
} from '../../../../../../experiment/training/onnx/blocked/layout.ts';
import {
  type ResponseNorm,
  responseNorm,
  responseNormGradient,
} from '../../../../../../experiment/training/onnx/blocked/local-response-norm.ts';
import { reluGradient } from '../../../../../../experiment/training/onnx/blocked/relu.ts';
import {
  block,
  describeBlocked,
  type Images,
  mapImages,
  randomImages,
  randomValues,
  relativeError,
  Trial,
} from './harness.ts';

const TOLERANCE = 2e-6;

/** The channel of each value. */
function channelAt({ channels, height, width }: Images, at: number): number {
  return Math.floor(at / (height * width)) % channels;
}

/** Adds up one number a value, by channel. */
function sumByChannel(images: Images, term: (at: number) => number): Float64Array {
  const sums = new Float64Array(images.channels);
  for (let at = 0; at < images.values.length; at += 1) {
    const channel = channelAt(images, at);
    sums[channel] = (sums[channel] as number) + term(at);
  }
  return sums;
}

function declareVector(trial: Trial, values: Float64Array): string {
  const padded = blockVector(Float32Array.from(values), [values.length], block);
  return trial.array(padded, [padded.length]);
}

function unpad(found: Float32Array | undefined, channels: number): Float32Array {
  return unblockVector(found ?? new Float32Array(), [channels], block);
}

describeBlocked('sums and scales of blocked channels', () => {
  it.each([
    [1, 20, 1, 1],
    [17, 5, 7, 3],
    [4, 33, 6, 6],
  ] as const)('equal plain loops on [%i, %i, %i, %i]', async (...sizes) => {
    const [, channels] = sizes;
    const a = randomImages('a', sizes);
    const b = randomImages('b', sizes);
    const scale = randomValues('scale', channels);
    const shift = randomValues('shift', channels);
    const scaled = mapImages(a, (value, at) =>
      Math.max(
        0,
        value * (scale[channelAt(a, at)] as number) +
          (shift[channelAt(a, at)] as number) +
          (b.values[at] as number),
      ),
    );
    const trial = new Trial();
    const { blocks } = trial;
    const [x, y] = [trial.blocked(a), trial.blocked(b)];
    const padded = [padChannels(channels, block)];
    trial.output('sums', sumChannels(blocks, x), padded);
    trial.output('products', meanProducts(blocks, x, y), padded);
    const factor = declareVector(trial, scale);
    const options = { shift: declareVector(trial, shift), sum: y, relu: true };
    trial.images('scaled', scaleChannels(blocks, x, factor, options), channels);
    const found = await trial.run();
    const sums = sumByChannel(a, (at) => a.values[at] as number);
    const count = sizes[0] * sizes[2] * sizes[3];
    const products = sumByChannel(
      a,
      (at) => ((a.values[at] as number) * (b.values[at] as number)) / count,
    );
    expect(relativeError(unpad(found.get('sums'), channels), sums)).toBeLessThan(TOLERANCE);
    expect(relativeError(unpad(found.get('products'), channels), products)).toBeLessThan(TOLERANCE);
    expect(relativeError(found.get('scaled'), scaled.values)).toBeLessThan(TOLERANCE);
  });

  it('have the same bits on one thread and on two', async () => {
    const images = randomImages('images', [33, 40, 13, 13]);
    const runs = [1, 2] as const;
    const [one, two] = await Promise.all(
      runs.map(async (threads) => {
        const trial = new Trial();
        const x = trial.blocked(images);
        trial.output('sums', sumChannels(trial.blocks, x), [padChannels(40, block)]);
        trial.output('squares', meanProducts(trial.blocks, x, x), [padChannels(40, block)]);
        return trial.run(threads);
      }),
    );
    expect(one).toEqual(two);
  });
});

describeBlocked('the gradient of a blocked ReLU', () => {
  it('passes where the output is positive, however small', async () => {
    const values = Float64Array.of(0, 2 ** -126, 1, 3e38, 0, 5e-30, -0, 1e-20);
    const output = { values, batch: 1, channels: 2, height: 2, width: 2 };
    const gradient = mapImages(output, (_, at) => at - 3.5);
    const trial = new Trial();
    const found = reluGradient(trial.blocks, trial.blocked(gradient), trial.blocked(output));
    trial.images('gradient', found, 2);
    const masked = (await trial.run()).get('gradient') ?? [];
    expect([...masked].map((value) => value + 0)).toEqual([0, -2.5, -1.5, -0.5, 0, 1.5, 0, 3.5]);
  });
});

describeBlocked('blocked batch normalisation', () => {
  it('equals plain loops, forward and backward, with a mean far from zero', async () => {
    const channels = 19;
    const input = mapImages(randomImages('input', [5, channels, 6, 5]), (value, at) =>
      Math.fround(value * 0.5 + 3 + Math.floor(at / 30)),
    );
    const gradient = randomImages('gradient', [5, channels, 6, 5]);
    const sum = randomImages('sum', [5, channels, 6, 5]);
    const scale = randomValues('scale', channels);
    const shift = randomValues('shift', channels);
    const epsilon = 1e-3;
    const count = 5 * 30;
    const x = (at: number) => input.values[at] as number;
    const dy = (at: number) => gradient.values[at] as number;
    const of = (values: Float64Array, at: number) => values[channelAt(input, at)] as number;
    const mean = sumByChannel(input, x).map((value) => value / count);
    const variance = sumByChannel(input, (at) => (x(at) - of(mean, at)) ** 2).map(
      (value) => value / count,
    );
    const normal = (at: number) => (x(at) - of(mean, at)) / Math.sqrt(of(variance, at) + epsilon);
    const output = input.values.map((_, at) => normal(at) * of(scale, at) + of(shift, at));
    const shiftGradient = sumByChannel(input, dy);
    const scaleGradient = sumByChannel(input, (at) => dy(at) * normal(at));
    const inputGradient = input.values.map((_, at) => {
      const centred =
        dy(at) - of(shiftGradient, at) / count - (normal(at) * of(scaleGradient, at)) / count;
      const added = sum.values[at] as number;
      return added + (of(scale, at) / Math.sqrt(of(variance, at) + epsilon)) * centred;
    });

    const trial = new Trial();
    const { blocks } = trial;
    const activation = trial.blocked(input);
    const factor = declareVector(trial, scale);
    const statistics = batchStatistics(blocks, activation, epsilon);
    const offset = declareVector(trial, shift);
    const options = { scale: factor, shift: offset, relu: false };
    const normalized = normalize(blocks, activation, statistics, options);
    const dyBlocked = trial.blocked(gradient);
    const added = trial.blocked(sum);
    const gradients = normalizeGradients(blocks, activation, dyBlocked, statistics, factor);
    const apart = gradients.lowerScaledInput();
    const whole = scaleChannels(blocks, apart.activation, apart.scale, { sum: added });
    const padded = [padChannels(channels, block)];
    trial.output('mean', statistics.mean, padded);
    trial.output('variance', statistics.variance, padded);
    trial.output('scale', gradients.scale, padded);
    trial.output('shift', gradients.shift, padded);
    trial.images('output', normalized, channels);
    trial.images('gradient', gradients.lowerInput(added), channels);
    trial.images('gradient scaled apart', whole, channels);
    trial.images('all', normalized, padChannels(channels, block));
    const found = await trial.run();
    // mean² / variance is up to 40,000 here: the last channels have a mean of 100.
    expect(relativeError(unpad(found.get('mean'), channels), mean)).toBeLessThan(TOLERANCE);
    expect(found.get('all')?.every(Number.isFinite)).toBe(true);
    const first = (values: Float64Array | Float32Array) => values.slice(0, 4);
    const check = (name: string, expected: Float64Array, tolerance: number) => {
      const near = Float32Array.from(first(unpad(found.get(name), channels)));
      expect(relativeError(near, Float64Array.from(first(expected)))).toBeLessThan(tolerance);
    };
    check('variance', variance, 1e-4);
    check('scale', scaleGradient, 1e-4);
    check('shift', shiftGradient, 1e-5);
    expect(relativeError(found.get('output'), output)).toBeLessThan(1e-2);
    expect(relativeError(found.get('gradient'), inputGradient)).toBeLessThan(1e-2);
    expect(relativeError(found.get('gradient scaled apart'), inputGradient)).toBeLessThan(1e-2);
  });
});

describeBlocked('blocked local response normalisation', () => {
  it.each([
    { size: 5, alpha: 1e-1, beta: 0.75, k: 1, channels: 20 },
    { size: 4, alpha: 2, beta: 0.6, k: 2, channels: 6 },
  ])('equals plain loops over $size channels, forward and backward', async (norm: ResponseNorm) => {
    const { size, alpha, beta, k, channels } = norm;
    const area = 12;
    const input = randomImages('input', [3, channels, 4, 3]);
    const gradient = randomImages('gradient', [3, channels, 4, 3]);
    const x = (at: number) => input.values[at] as number;
    const dy = (at: number) => gradient.values[at] as number;
    /** Indices of the values in the window of this one. */
    const around = (at: number) => {
      const channel = channelAt(input, at);
      const first = Math.max(0, channel - Math.floor(size / 2));
      const last = Math.min(channels - 1, channel + Math.floor((size - 1) / 2));
      const length = last - first + 1;
      return Array.from({ length }, (_, each) => at + (first + each - channel) * area);
    };
    const base = input.values.map(
      (_, at) => k + (alpha / size) * around(at).reduce((sum, other) => sum + x(other) ** 2, 0),
    );
    const output = input.values.map((value, at) => value / (base[at] as number) ** beta);
    const expected = gradient.values.map((value, at) => value / (base[at] as number) ** beta);
    for (let at = 0; at < expected.length; at += 1) {
      const slope =
        (-2 * alpha * beta * dy(at) * x(at)) / size / (base[at] as number) ** (beta + 1);
      for (const other of around(at)) {
        expected[other] = (expected[other] as number) + slope * x(other);
      }
    }
    const trial = new Trial();
    const activation = trial.blocked(input);
    const normalized = responseNorm(trial.blocks, activation, norm);
    const dyBlocked = trial.blocked(gradient);
    const found = responseNormGradient(trial.blocks, activation, normalized, dyBlocked, norm);
    trial.images('output', normalized.output, channels);
    trial.images('gradient', found, channels);
    trial.images('all', found, padChannels(channels, block));
    const values = await trial.run();
    expect(relativeError(values.get('output'), output)).toBeLessThan(TOLERANCE);
    expect(relativeError(values.get('gradient'), expected)).toBeLessThan(TOLERANCE);
    expect(values.get('all')?.every(Number.isFinite)).toBe(true);
  });
});
