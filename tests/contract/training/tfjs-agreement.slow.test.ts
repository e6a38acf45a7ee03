import { describeAgreement } from './agreement.ts';
import { createBlocked, createPlain } from './onnx.ts';
import { createOnJavaScript } from './tfjs.ts';

const ONNX = { 'onnx, blocked': createBlocked, 'onnx, plain': createPlain };

describeAgreement('tfjs in JavaScript', createOnJavaScript, ONNX, { width: 0.125, batchSize: 4 });
