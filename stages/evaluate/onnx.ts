/** The stage `evaluate` on the engine `onnx`. */

import { createOnnxEngine } from '../../experiment/training/onnx/create.ts';
import type { StageContext } from '../../pipeline/contract/stage.ts';
import { evaluate } from './evaluate.ts';

export function run(context: StageContext): Promise<void> {
  return evaluate(context, createOnnxEngine);
}
