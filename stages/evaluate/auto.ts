/** The stage `evaluate` on the engine that is fastest here. */

import type { StageContext } from 'rederive/contract';
import { chooseEngine } from '../../experiment/training/fastest-engine.ts';
import { evaluate } from './evaluate.ts';

export function run(context: StageContext): Promise<void> {
  const named = chooseEngine(context);
  return evaluate(named.context, named.create);
}
