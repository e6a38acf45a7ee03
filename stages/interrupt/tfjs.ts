/** The stage `interrupt` on the engine `tfjs`. */

import { createTfjsEngine } from '../../experiment/training/tfjs/create.ts';
import type { StageContext } from '../../pipeline/contract/stage.ts';
import { interrupt } from './interrupt.ts';

export function run(context: StageContext): Promise<void> {
  return interrupt(context, createTfjsEngine);
}
