import { describeThreads } from './models-contract.ts';
import { createPlain } from './onnx.ts';

describeThreads('onnx engine', createPlain);
