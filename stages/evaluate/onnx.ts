/** The stage `evaluate` on the engine `onnx`. */

import type { StageContext } from '../../pipeline/contract/stage.ts';
import { createOnnxEngine } from '../training/onnx/create.ts';
import { evaluate } from './evaluate.ts';

export function run(context: StageContext): Promise<void> {
  return evaluate(context, createOnnxEngine);
}
