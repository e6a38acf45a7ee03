/** The stage `train` on the engine that is fastest here. */

import type { StageContext } from 'rederive/contract';
import { chooseEngine } from '../../experiment/training/fastest-engine.ts';
import { train } from './train.ts';

export function run(context: StageContext): Promise<void> {
  const named = chooseEngine(context);
  return train(named.context, named.create);
}
