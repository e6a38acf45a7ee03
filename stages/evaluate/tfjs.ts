/** The stage `evaluate` on the engine `tfjs`. */

import type { StageContext } from 'rederive/contract';
import { createTfjsEngine } from '../../experiment/training/tfjs/create.ts';
import { evaluate } from './evaluate.ts';

export function run(context: StageContext): Promise<void> {
  return evaluate(context, createTfjsEngine);
}
