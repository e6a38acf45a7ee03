import { describe, expect, it } from 'vitest';
import { dense } from '../../../../experiment/models/layers.ts';
import { chainModel } from '../../../../experiment/models/model-builder.ts';
import { findModel } from '../../../../experiment/models/registry.ts';
import { stableThreads } from '../../../../experiment/training/onnx/threads.ts';

describe('the number of threads that keeps the bits', () => {
  it('is 6 for layers of 512 units', () => {
    expect(stableThreads(findModel('MLP1'), 128)).toBe(6);
    expect(stableThreads(findModel('MLP3'), 1)).toBe(6);
  });

  it('falls with the width of the narrowest divided layer', () => {
    const narrow = chainModel('Narrow', [384], [dense('dense1', 192), dense('dense2', 10)]);
    expect(stableThreads(narrow, 128)).toBe(2);
  });

  it('is that of two filters a thread, and one for a single image', () => {
    expect(stableThreads(findModel('Net'), 128)).toBe(4);
    expect(stableThreads(findModel('WideResNet'), 128)).toBe(8);
    expect(stableThreads(findModel('WideResNet'), 1)).toBe(1);
  });
});
