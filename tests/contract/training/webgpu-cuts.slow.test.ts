/** However products are cut up among workgroups, they are right. */

import { expect, it } from 'vitest';
import { conv, dense, FLATTEN, RELU } from '../../../experiment/models/layers.ts';
import { chainModel } from '../../../experiment/models/model-builder.ts';
import { initialState } from '../../../experiment/training/initialisation.ts';
import { openDevice } from '../../../experiment/training/webgpu/device.ts';
import { sharedBytes, TILES, threadsOf } from '../../../experiment/training/webgpu/kernels/tile.ts';
import { openWebgpuEngine } from '../../../experiment/training/webgpu/webgpu-engine.ts';
import { doubleState, gradientErrors, pass } from './reference.ts';
import { PLAIN, randomBatch } from './samples.ts';
import { describeOnGpu } from './webgpu.ts';

/** Rows, columns and inner dimensions that fill no tile, and some that fill several. */
const MODEL = chainModel(
  'Cuts',
  [3, 9, 9],
  [
    conv('first', 21, { kernel: 3, padding: 1 }),
    RELU,
    conv('second', 140, { kernel: 2, stride: 2 }),
    FLATTEN,
    dense('last', 10),
  ],
);

/** Each tile whole and split; not each in both ways, as SwiftShader compiles each for a second and more. */
const CUTS = TILES.flatMap(([each], index) =>
  [1, index % 2 === 0 ? 3 : 19].map((splits) => ({ tile: each, splits })),
);

await describeOnGpu(() => {
  it.each(CUTS)(
    'a tile of $tile.rows×$tile.columns, $tile.threadRows×$tile.threadColumns a thread, inner dimension in $splits parts',
    async (cut) => {
      const device = await openDevice();
      const { workgroupBytes, workgroupThreads } = device.machine;
      if (threadsOf(cut.tile) > workgroupThreads || sharedBytes(cut.tile) > workgroupBytes) return;
      // What is computed in classes of positions cannot be split too.
      const engine = await openWebgpuEngine(
        {
          model: MODEL,
          sgd: PLAIN,
          threads: 1,
          cut: (label) => (label === 'second input gradient' ? { ...cut, splits: 1 } : cut),
        },
        device,
      );
      const state = initialState(MODEL, 3);
      await engine.importState(state);
      const batch = randomBatch(MODEL, 5, 1);
      const [result] = await engine.train([batch], 0.01);
      const expected = pass(MODEL, doubleState(state), batch);
      expect(result?.loss).toBeCloseTo(expected.loss, 5);
      const { velocities } = await engine.exportState();
      for (const [parameter, error] of gradientErrors(velocities, expected.gradients)) {
        expect(error, parameter).toBeLessThan(1e-5);
      }
    },
  );
});
