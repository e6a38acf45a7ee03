/** The stage `interrupt` on the engine that is fastest here. */

import type { StageContext } from 'rederive/contract';
import { chooseEngine } from '../../experiment/training/fastest-engine.ts';
import { interrupt } from './interrupt.ts';

export function run(context: StageContext): Promise<void> {
  const named = chooseEngine(context);
  return interrupt(named.context, named.create);
}
