import { describe, expect, it } from 'vitest';
import { buildModel } from '../../../../stages/models/model.ts';
import { findModel } from '../../../../stages/models/registry.ts';
import { stableThreads } from '../../../../stages/training/onnx/threads.ts';

describe('the number of threads that keeps the bits', () => {
  it('is 6 for layers of 512 units', () => {
    expect(stableThreads(findModel('MLP1'))).toBe(6);
    expect(stableThreads(findModel('MLP3'))).toBe(6);
  });

  it('falls with the width of the narrowest divided layer', () => {
    const narrow = buildModel(
      'Narrow',
      [384],
      [
        { kind: 'dense', name: 'dense1', units: 192 },
        { kind: 'dense', name: 'dense2', units: 10 },
      ],
    );
    expect(stableThreads(narrow)).toBe(2);
  });
});
