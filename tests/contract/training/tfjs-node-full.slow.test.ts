import { describeAgreement } from './agreement.ts';
import { createBlocked, createPlain } from './onnx.ts';
import { createOnTensorFlow, describeOnTensorFlow } from './tfjs.ts';

const ONNX = { 'onnx, blocked': createBlocked, 'onnx, plain': createPlain };

describeOnTensorFlow(() => {
  // With 16 images some value of an Inception's millions is within rounding of a ReLU's zero: onnx in
  // its two layouts differs by as much (4e-3 of a gradient).
  describeAgreement('tfjs engine', createOnTensorFlow, ONNX, { width: 1, batchSize: 2 });
});
