import { describe, expect, it } from 'vitest';
import {
  nameTest,
  RANDOMIZATION_TESTS,
} from '../../../../experiment/corruption/randomization-tests.ts';

type Color = readonly [number, number, number];

/** Full deficiencies in linear RGB: Machado, Oliveira and Fernandes (2009), table 1. */
const VISIONS: readonly (readonly [string, readonly Color[]])[] = [
  [
    'protanopia',
    [
      [0.152286, 1.052583, -0.204868],
      [0.114503, 0.786281, 0.099216],
      [-0.003882, -0.048116, 1.051998],
    ],
  ],
  [
    'deuteranopia',
    [
      [0.367322, 0.860646, -0.227968],
      [0.280085, 0.672501, 0.047413],
      [-0.01182, 0.04294, 0.968881],
    ],
  ],
];

function toLinear(hex: string): Color {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

function multiply(matrix: readonly Color[], [r, g, b]: Color): Color {
  const row = (i: number) => {
    const [x, y, z] = matrix[i] ?? [0, 0, 0];
    return Math.min(1, Math.max(0, x * r + y * g + z * b));
  };
  return [row(0), row(1), row(2)];
}

function toLab([r, g, b]: Color): Color {
  const f = (t: number) => (t > 216 / 24_389 ? Math.cbrt(t) : (841 / 108) * t + 4 / 29);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function closestPair(colors: readonly Color[]): number {
  const distances = colors.flatMap((a, i) =>
    colors.slice(i + 1).map((b) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])),
  );
  return Math.min(...distances);
}

describe('the colours of the randomization tests', () => {
  it.each(VISIONS)('stay apart under %s', (_, matrix) => {
    const seen = RANDOMIZATION_TESTS.map(({ color }) => toLab(multiply(matrix, toLinear(color))));
    // A difference of 2.3 is just noticeable; ten is plain at a glance.
    expect(closestPair(seen)).toBeGreaterThan(10);
  });
});

describe('names', () => {
  it('follow the order of the paper', () => {
    expect(RANDOMIZATION_TESTS.map(({ name }) => name)).toEqual([
      'True labels',
      'Random labels',
      'Shuffled pixels',
      'Random pixels',
      'Gaussian',
    ]);
  });

  it('refuse partly corrupted labels, which are no randomization test', () => {
    const run = { experiment: 'MLP1_0.5_none', corruption: 'none', p: 0.5 } as const;
    expect(() => nameTest(run)).toThrow('MLP1_0.5_none');
  });
});
