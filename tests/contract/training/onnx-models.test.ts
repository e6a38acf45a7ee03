import { createOnnxEngine } from '../../../stages/training/onnx/onnx-engine.ts';
import { describeModels, describeThreads } from './models-contract.ts';

describeModels('onnx engine', createOnnxEngine, { width: 0.125, batchSize: 4, steps: 20 });
describeThreads('onnx engine', createOnnxEngine);
