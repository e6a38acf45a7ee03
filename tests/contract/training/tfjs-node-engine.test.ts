import { describe } from 'vitest';
import { describeEngine } from './engine-contract.ts';
import { describeLayers } from './layers-contract.ts';
import { createOnTensorFlow, hasTensorFlow } from './tfjs.ts';

// Skipped where @tensorflow/tfjs-node is not installed: "pipeline engines install tfjs-node".
describe.skipIf(!hasTensorFlow)('on @tensorflow/tfjs-node', () => {
  // TensorFlow's threads are those of the process: tfjs-node-threads.test.ts.
  describeEngine('tfjs engine', createOnTensorFlow, { threads: [] });
  describeLayers('tfjs engine', createOnTensorFlow);
});
