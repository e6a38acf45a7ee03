import { expect, it } from 'vitest';
import {
  batchNorm,
  conv,
  dense,
  GLOBAL_AVERAGE_POOL,
  RELU,
} from '../../../../../../experiment/models/layers.ts';
import { chainModel } from '../../../../../../experiment/models/model-builder.ts';
import { atRest } from '../../../../../../experiment/training/engine.ts';
import { initialState } from '../../../../../../experiment/training/initialisation.ts';
import { chooseLayout } from '../../../../../../experiment/training/onnx/choose-layout.ts';
import { describeEngine } from '../../../../../contract/training/engine-contract.ts';
import { describeLayers } from '../../../../../contract/training/layers-contract.ts';
import {
  describeModels,
  describeThreads,
} from '../../../../../contract/training/models-contract.ts';
import { createBlocked } from '../../../../../contract/training/onnx.ts';
import { doubleState, gradientErrors, pass } from '../../../../../contract/training/reference.ts';
import { PLAIN, randomBatch } from '../../../../../contract/training/samples.ts';
import { describeBlocked } from './harness.ts';

describeBlocked('in the blocked layout', () => {
  describeEngine('onnx engine', createBlocked);
  describeLayers('onnx engine', createBlocked);
  describeModels('onnx engine', createBlocked, { width: 0.125, batchSize: 4, steps: 4 });
  describeThreads('onnx engine', createBlocked);

  it('has the gradients of plain loops where a large batch norm leaves its scale to a convolution', async () => {
    const model = chainModel(
      'Large',
      [3, 64, 64],
      [
        ...[conv('first', 4, { kernel: 1 }), RELU],
        ...[conv('second', 16, { kernel: 3, padding: 1 }), batchNorm('norm'), RELU],
        ...[GLOBAL_AVERAGE_POOL, dense('last', 4)],
      ],
    );
    const { weights, statistics } = initialState(model, 5);
    weights.get('norm.weight')?.forEach((_, at, scales) => {
      scales[at] = at % 5 === 0 ? 0 : at / 4 - 2;
    });
    const state = atRest({ weights, statistics });
    const batch = randomBatch(model, 32, 9);
    const engine = await createBlocked({ model, sgd: PLAIN, threads: 2 });
    await engine.importState(state);
    await engine.train([batch], 0.01);
    const { velocities } = await engine.exportState();
    const { gradients } = pass(model, doubleState(state), batch);
    // The means over 131,072 values cancel: scaled in passes of their own, too, 6e-4 is reached.
    for (const [parameter, error] of gradientErrors(velocities, gradients)) {
      expect(error, parameter).toBeLessThan(2e-3);
    }
  });

  it('trains models on the processor, unless the plain layout is asked for', async () => {
    expect((await chooseLayout('auto', 'cpu')).name).toMatch(/^blocked by (8|16)$/);
    expect((await chooseLayout('plain', 'cpu')).name).toBe('plain');
    expect((await chooseLayout('auto', 'cuda')).name).toBe('plain');
  });
});
