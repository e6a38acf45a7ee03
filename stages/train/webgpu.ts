/** The stage `train` on the engine `webgpu`. */

import type { StageContext } from 'rederive/contract';
import { createWebgpuEngine } from '../../experiment/training/webgpu/create.ts';
import { train } from './train.ts';

export function run(context: StageContext): Promise<void> {
  return train(context, createWebgpuEngine);
}
