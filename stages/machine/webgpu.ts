/** What of the machine decides what the engine `webgpu` computes. */

import type { MachineAnswer } from 'rederive/contract';
import { tellAdapter } from '../../experiment/training/webgpu/adapter-facts.ts';

export function probe(): Promise<MachineAnswer> {
  return tellAdapter();
}
