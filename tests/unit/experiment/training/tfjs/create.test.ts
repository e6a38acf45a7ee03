import { describe, expect, it } from 'vitest';
import { findModel } from '../../../../../experiment/models/registry.ts';
import { createTfjsEngine } from '../../../../../experiment/training/tfjs/create.ts';

const OPTIONS = {
  model: findModel('MLP1', { width: 0.125 }),
  sgd: { momentum: 0.9, weightDecay: 0 },
  threads: 1,
};

describe('the engine tfjs', () => {
  it.each([
    [{ device: 'webgpu', layout: 'auto' }, /engine\.device is "webgpu"; .* one of cpu, cuda/],
    [{ device: 'cpu', layout: 'blocked' }, /engine\.layout is "blocked"; .* one of auto, plain/],
  ])('refuses what it does not know: %o', async (settings, message) => {
    await expect(createTfjsEngine(settings, OPTIONS)).rejects.toThrow(message);
  });
});
