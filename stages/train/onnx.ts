/** The stage `train` on the engine `onnx`. */

import { createOnnxEngine } from '../../experiment/training/onnx/create.ts';
import type { StageContext } from '../../pipeline/contract/stage.ts';
import { train } from './train.ts';

export function run(context: StageContext): Promise<void> {
  return train(context, createOnnxEngine);
}
