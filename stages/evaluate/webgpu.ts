/** The stage `evaluate` on the engine `webgpu`. */

import type { StageContext } from 'rederive/contract';
import { nameAdapter } from '../../experiment/training/webgpu/named-engine.ts';
import { evaluate } from './evaluate.ts';

export function run(context: StageContext): Promise<void> {
  const named = nameAdapter(context);
  return evaluate(named.context, named.create);
}
