import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findModel } from '../../../../experiment/models/registry.ts';
import { initialState } from '../../../../experiment/training/initialisation.ts';

describe('initial weights', () => {
  const state = initialState(findModel('MLP1'), 42);
  const valuesOf = (name: string) => state.weights.get(name) ?? new Float32Array();

  it.each([
    ['dense1.weight', 2352],
    ['dense1.bias', 2352],
    ['dense2.weight', 512],
    ['dense2.bias', 512],
  ])('%s fill ±1/√%d evenly', (name, fanIn) => {
    const bound = 1 / Math.sqrt(fanIn);
    const values = [...valuesOf(name)].map((value) => value / bound);
    expect(Math.max(...values.slice(0, 10_000))).toBeLessThanOrEqual(1.0000001);
    expect(Math.min(...values.slice(0, 10_000))).toBeGreaterThanOrEqual(-1.0000001);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
    // Five standard errors of the mean (variance 1/3) and of the mean square (variance 4/45).
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(1 / 3 / values.length));
    expect(Math.abs(variance - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / values.length));
  });

  it('depend on the seed, and of a parameter on nothing but its own stream', () => {
    const digestOf = (modelName: string, seed: number) =>
      createHash('sha256')
        .update(initialState(findModel(modelName), seed).weights.get('dense1.weight') ?? '')
        .digest('hex');
    expect(digestOf('MLP1', 42)).toBe(digestOf('MLP1', 42));
    expect(digestOf('MLP1', 43)).not.toBe(digestOf('MLP1', 42));
    expect(digestOf('MLP3', 42)).toBe(digestOf('MLP1', 42));
  });

  it('of He are normal with a deviation of √(2/fan_in), their biases zero', () => {
    const { weights } = initialState(findModel('MLP1'), 42, 'he');
    const values = weights.get('dense1.weight') ?? new Float32Array();
    const variance = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
    // Five standard errors of a normal distribution's mean square.
    const error = Math.abs(variance * (2352 / 2) - 1);
    expect(error).toBeLessThan(5 * Math.sqrt(2 / values.length));
    expect(Math.max(...values.slice(0, 10_000)) * Math.sqrt(2352 / 2)).toBeGreaterThan(3);
    expect(weights.get('dense1.bias')?.every((value) => value === 0)).toBe(true);
  });

  it('make a batch norm the identity', () => {
    const { weights, statistics } = initialState(findModel('Net'), 42);
    expect(new Set(weights.get('bn1.weight'))).toEqual(new Set([1]));
    expect(new Set(weights.get('bn1.bias'))).toEqual(new Set([0]));
    expect(new Set(statistics.get('bn1.running_mean'))).toEqual(new Set([0]));
    expect(new Set(statistics.get('bn1.running_var'))).toEqual(new Set([1]));
  });

  it('come with zero velocities', () => {
    for (const values of state.velocities.values()) expect(values.every((v) => v === 0)).toBe(true);
  });
});
