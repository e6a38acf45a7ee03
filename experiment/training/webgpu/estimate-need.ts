/** What training a model takes of a usual GPU's memory, images aside. */

import type { Model } from '../../models/model.ts';
import type { GpuMachine } from './kernels/tile.ts';
import { planMemory } from './memory.ts';
import type { MemoryNeed } from './needs.ts';
import { planTraining, prepareModel } from './plan/compile.ts';
import { fixedStore, type Store } from './tensors.ts';

/** How much of a product is stored in parts depends on the GPU: this is one of a workstation. */
const USUAL: GpuMachine = { processors: 64, workgroupBytes: 32768, workgroupThreads: 1024 };
/** Operands of SGD, which take no memory. */
const SGD = { momentum: 0.9, weightDecay: 0 };

/** Bytes for batches of a size; `samples` is 0, as that depends on the data set. */
export function estimateNeed(model: Model, batch: number): MemoryNeed {
  const [channels = 1, height = 1, width = 1] = model.inputShape;
  const each = Array.from({ length: channels }, () => 1);
  const prepared = prepareModel(model);
  const sources = {
    images: {
      kind: 'bytes' as const,
      images: [fixedStore('images', 1, true)],
      height,
      width,
      scales: each,
      shifts: each,
    },
    labels: fixedStore('labels', 1, true),
    results: fixedStore('results', 1, true),
  };
  const { passes } = planTraining(prepared, sources, { machine: USUAL, batch, sgd: SGD });
  const state = new Set<Store>();
  for (const { store, velocities } of prepared.state.slots) {
    state.add(store);
    if (velocities !== null) state.add(velocities);
  }
  return {
    state: 2 * [...state].reduce((sum, { bytes }) => sum + bytes, 0),
    values: planMemory(passes, batch).pieces.reduce((sum, bytes) => sum + bytes, 0),
    samples: 0,
  };
}
