import { describeEngine } from './engine-contract.ts';
import { describeLayers } from './layers-contract.ts';
import { createWebgpu, describeOnGpu } from './webgpu.ts';

await describeOnGpu(() => {
  describeEngine('webgpu engine', createWebgpu, { threads: [] });
  describeLayers('webgpu engine', createWebgpu, 16);
});
