/** The stage `evaluate` on the engine `webgpu`. */

import type { StageContext } from 'rederive/contract';
import { createWebgpuEngine } from '../../experiment/training/webgpu/create.ts';
import { evaluate } from './evaluate.ts';

export function run(context: StageContext): Promise<void> {
  return evaluate(context, createWebgpuEngine);
}
