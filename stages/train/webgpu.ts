/** The stage `train` on the engine `webgpu`. */

import type { StageContext } from 'rederive/contract';
import { nameAdapter } from '../../experiment/training/webgpu/named-engine.ts';
import { train } from './train.ts';

export function run(context: StageContext): Promise<void> {
  const named = nameAdapter(context);
  return train(named.context, named.create);
}
