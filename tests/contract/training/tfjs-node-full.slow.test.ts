import { MODEL_NAMES } from '../../../stages/models/registry.ts';
import { describeAgreement } from './agreement.ts';
import { createBlocked, createPlain } from './onnx.ts';
import { createOnTensorFlow, describeOnTensorFlow } from './tfjs.ts';

const ONNX = { 'onnx, blocked': createBlocked, 'onnx, plain': createPlain };

describeOnTensorFlow(() => {
  const options = { width: 1, batchSize: 16, models: MODEL_NAMES };
  describeAgreement('tfjs engine', createOnTensorFlow, ONNX, options);
});
