/** The stage `interrupt` on the engine `onnx`. */

import type { StageContext } from 'rederive/contract';
import { createOnnxEngine } from '../../experiment/training/onnx/create.ts';
import { interrupt } from './interrupt.ts';

export function run(context: StageContext): Promise<void> {
  return interrupt(context, createOnnxEngine);
}
