import { createOnnxEngine } from '../../../stages/training/onnx/onnx-engine.ts';
import { describeEngine } from './engine-contract.ts';
import { describeLayers, describeReference } from './layers-contract.ts';

describeReference();
describeEngine('onnx engine', createOnnxEngine);
describeLayers('onnx engine', createOnnxEngine);
