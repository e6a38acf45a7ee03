import { describeAgreement } from './agreement.ts';
import { createBlocked, createPlain } from './onnx.ts';
import { createOnJavaScript } from './tfjs.ts';

const ONNX = { 'onnx, blocked': createBlocked, 'onnx, plain': createPlain };

// The other models take minutes a step at this width.
describeAgreement('tfjs engine in JavaScript, full width', createOnJavaScript, ONNX, {
  width: 1,
  batchSize: 4,
  models: ['Net', 'MLP1', 'MLP3'],
});
