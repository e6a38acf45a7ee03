/** The stage `interrupt` on the engine `webgpu`. */

import type { StageContext } from 'rederive/contract';
import { nameAdapter } from '../../experiment/training/webgpu/named-engine.ts';
import { interrupt } from './interrupt.ts';

export function run(context: StageContext): Promise<void> {
  const named = nameAdapter(context);
  return interrupt(named.context, named.create);
}
