import { createOnnxEngine } from '../../../stages/training/onnx/onnx-engine.ts';
import { describeEngine } from './engine-contract.ts';

describeEngine('onnx engine', createOnnxEngine);
