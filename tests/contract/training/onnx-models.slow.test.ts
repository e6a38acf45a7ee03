import { createOnnxEngine } from '../../../stages/training/onnx/onnx-engine.ts';
import { describeModels } from './models-contract.ts';

describeModels('onnx engine, full width', createOnnxEngine, { width: 1, batchSize: 2, steps: 2 });
