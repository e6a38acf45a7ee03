/** The stage `interrupt` on the engine `tfjs`. */

import type { StageContext } from '../../pipeline/contract/stage.ts';
import { createTfjsEngine } from '../training/tfjs/create.ts';
import { interrupt } from './interrupt.ts';

export function run(context: StageContext): Promise<void> {
  return interrupt(context, createTfjsEngine);
}
