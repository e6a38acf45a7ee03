import { describe } from 'vitest';
import { MODEL_NAMES } from '../../../stages/models/registry.ts';
import { describeAgreement } from './agreement.ts';
import { createBlocked, createPlain } from './onnx.ts';
import { createOnTensorFlow, hasTensorFlow } from './tfjs.ts';

const ONNX = { 'onnx, blocked': createBlocked, 'onnx, plain': createPlain };

// Skipped where @tensorflow/tfjs-node is not installed: "pipeline engines install tfjs-node".
describe.skipIf(!hasTensorFlow)('on @tensorflow/tfjs-node, at full width', () => {
  const options = { width: 1, batchSize: 16, models: MODEL_NAMES };
  describeAgreement('tfjs engine', createOnTensorFlow, ONNX, options);
});
