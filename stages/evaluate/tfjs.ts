/** The stage `evaluate` on the engine `tfjs`. */

import type { StageContext } from '../../pipeline/contract/stage.ts';
import { createTfjsEngine } from '../training/tfjs/create.ts';
import { evaluate } from './evaluate.ts';

export function run(context: StageContext): Promise<void> {
  return evaluate(context, createTfjsEngine);
}
