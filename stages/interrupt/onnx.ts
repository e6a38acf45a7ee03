/** The stage `interrupt` on the engine `onnx`. */

import type { StageContext } from '../../pipeline/contract/stage.ts';
import { createOnnxEngine } from '../training/onnx/create.ts';
import { interrupt } from './interrupt.ts';

export function run(context: StageContext): Promise<void> {
  return interrupt(context, createOnnxEngine);
}
