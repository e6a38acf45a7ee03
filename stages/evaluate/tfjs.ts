/** The stage `evaluate` on the engine `tfjs`. */

import { createTfjsEngine } from '../../experiment/training/tfjs/create.ts';
import type { StageContext } from '../../pipeline/contract/stage.ts';
import { evaluate } from './evaluate.ts';

export function run(context: StageContext): Promise<void> {
  return evaluate(context, createTfjsEngine);
}
