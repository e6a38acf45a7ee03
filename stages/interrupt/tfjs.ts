/** The stage `interrupt` on the engine `tfjs`. */

import type { StageContext } from 'rederive/contract';
import { createTfjsEngine } from '../../experiment/training/tfjs/create.ts';
import { interrupt } from './interrupt.ts';

export function run(context: StageContext): Promise<void> {
  return interrupt(context, createTfjsEngine);
}
