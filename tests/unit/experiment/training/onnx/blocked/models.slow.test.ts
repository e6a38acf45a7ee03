import { describeModels } from '../../../../../contract/training/models-contract.ts';
import { createBlocked } from '../../../../../contract/training/onnx.ts';
import { describeBlocked } from './harness.ts';

describeBlocked('in the blocked layout', () => {
  describeModels('onnx engine', createBlocked, { width: 0.125, batchSize: 4, steps: 20 });
});
