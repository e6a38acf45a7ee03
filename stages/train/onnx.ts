/** The stage `train` on the engine `onnx`. */

import type { StageContext } from 'rederive/contract';
import { createOnnxEngine } from '../../experiment/training/onnx/create.ts';
import { train } from './train.ts';

export function run(context: StageContext): Promise<void> {
  return train(context, createOnnxEngine);
}
