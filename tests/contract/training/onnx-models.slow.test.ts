import { describeModels } from './models-contract.ts';
import { createPlain } from './onnx.ts';

describeModels('onnx engine, full width', createPlain, { width: 1, batchSize: 2, steps: 2 });
