import { describeModels } from './models-contract.ts';
import { createPlain } from './onnx.ts';

describeModels('onnx engine', createPlain, { width: 0.125, batchSize: 4, steps: 20 });
describeModels('onnx engine, full width', createPlain, { width: 1, batchSize: 2, steps: 2 });
