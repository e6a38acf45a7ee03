/** What of the machine decides what the engine `auto` computes: without a GPU it is `onnx`, as on any machine. */

import type { MachineAnswer } from 'rederive/contract';
import { isFastest } from '../../experiment/training/fastest-engine.ts';
import { tellAdapter } from '../../experiment/training/webgpu/adapter-facts.ts';

export function probe(): Promise<MachineAnswer> {
  return tellAdapter(isFastest);
}
