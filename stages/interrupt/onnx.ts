/** The stage `interrupt` on the engine `onnx`. */

import { createOnnxEngine } from '../../experiment/training/onnx/create.ts';
import type { StageContext } from '../../pipeline/contract/stage.ts';
import { interrupt } from './interrupt.ts';

export function run(context: StageContext): Promise<void> {
  return interrupt(context, createOnnxEngine);
}
