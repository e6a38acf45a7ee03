import { describe, expect, it } from 'vitest';
import { dense, FLATTEN } from '../../../../experiment/models/layers.ts';
import { chainModel } from '../../../../experiment/models/model-builder.ts';
import { findModel } from '../../../../experiment/models/registry.ts';
import { stableDenseThreads, stableThreads } from '../../../../experiment/training/onnx/threads.ts';

describe('the number of threads that keeps the bits', () => {
  it('is as large as machines have them for the dense layers of the experiments', () => {
    for (const name of ['MLP1', 'MLP3', 'AlexNetSmall']) {
      for (const batchSize of [1, 5, 33, 80, 128, 256]) {
        expect(stableDenseThreads(findModel(name), batchSize)).toBeGreaterThanOrEqual(96);
      }
    }
  });

  it('is that of two rows a thread where a product is worth more threads', () => {
    const narrow = chainModel('Narrow', [3, 200, 200], [FLATTEN, dense('dense1', 10)]);
    expect(stableDenseThreads(narrow, 12)).toBe(6);
    expect(stableDenseThreads(narrow, 1)).toBe(Number.POSITIVE_INFINITY);
  });

  it('is that of two filters a thread, and one for a single image', () => {
    expect(stableThreads(findModel('Net'), 128)).toBe(4);
    expect(stableThreads(findModel('WideResNet'), 128)).toBe(8);
    expect(stableThreads(findModel('WideResNet'), 1)).toBe(1);
  });
});
