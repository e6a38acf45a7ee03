import { describeModels, describeThreads } from './models-contract.ts';
import { createPlain } from './onnx.ts';

describeModels('onnx engine', createPlain, { width: 0.125, batchSize: 4, steps: 20 });
describeThreads('onnx engine', createPlain);
describeModels('onnx engine, full width', createPlain, { width: 1, batchSize: 2, steps: 2 });
