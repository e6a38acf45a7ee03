import { describeEngine } from './engine-contract.ts';
import { describeLayers } from './layers-contract.ts';
import { createOnTensorFlow, describeOnTensorFlow } from './tfjs.ts';

describeOnTensorFlow(() => {
  // TensorFlow's threads are those of the process: tfjs-node-threads.test.ts.
  describeEngine('tfjs engine', createOnTensorFlow, { threads: [] });
  describeLayers('tfjs engine', createOnTensorFlow);
});
