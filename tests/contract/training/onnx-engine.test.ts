import { describeEngine } from './engine-contract.ts';
import { describeLayers, describeReference } from './layers-contract.ts';
import { createPlain } from './onnx.ts';

describeReference();
describeEngine('onnx engine', createPlain);
describeLayers('onnx engine', createPlain);
