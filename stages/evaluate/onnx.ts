/** The stage `evaluate` on the engine `onnx`. */

import type { StageContext } from 'rederive/contract';
import { createOnnxEngine } from '../../experiment/training/onnx/create.ts';
import { evaluate } from './evaluate.ts';

export function run(context: StageContext): Promise<void> {
  return evaluate(context, createOnnxEngine);
}
