/** The stage `interrupt` on the engine `webgpu`. */

import type { StageContext } from 'rederive/contract';
import { createWebgpuEngine } from '../../experiment/training/webgpu/create.ts';
import { interrupt } from './interrupt.ts';

export function run(context: StageContext): Promise<void> {
  return interrupt(context, createWebgpuEngine);
}
