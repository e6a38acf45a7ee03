import { describeModels, describeThreads } from './models-contract.ts';
import { createPlain } from './onnx.ts';

describeModels('onnx engine', createPlain, { width: 0.125, batchSize: 4, steps: 20 });
describeThreads('onnx engine', createPlain);
