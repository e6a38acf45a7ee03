import { describeModels } from './models-contract.ts';
import { createWebgpu, describeOnGpu } from './webgpu.ts';

await describeOnGpu(() => {
  describeModels('webgpu engine', createWebgpu, { width: 0.1, batchSize: 5, steps: 5 });
});
