import { expect, it } from 'vitest';
import { findModel } from '../../../../../../experiment/models/registry.ts';
import { chooseLayout } from '../../../../../../experiment/training/onnx/choose-layout.ts';
import { describeLayers } from '../../../../../contract/training/layers-contract.ts';
import {
  describeModels,
  describeThreads,
} from '../../../../../contract/training/models-contract.ts';
import { createBlocked } from '../../../../../contract/training/onnx.ts';
import { describeBlocked } from './harness.ts';

describeBlocked('in the blocked layout', () => {
  describeLayers('onnx engine', createBlocked);
  describeModels('onnx engine', createBlocked, { width: 0.125, batchSize: 4, steps: 20 });
  describeThreads('onnx engine', createBlocked);

  it('trains models with convolutions, and the others in the plain one', async () => {
    const nameFor = async (model: string, choice: 'auto' | 'plain') =>
      (await chooseLayout(findModel(model), { choice, device: 'cpu' })).name;
    expect(await nameFor('AlexNetSmall', 'auto')).toMatch(/^blocked by (8|16)$/);
    expect(await nameFor('AlexNetSmall', 'plain')).toBe('plain');
    expect(await nameFor('MLP1', 'auto')).toBe('plain');
  });
});
