/** The stage `train` on the engine `tfjs`. */

import { createTfjsEngine } from '../../experiment/training/tfjs/create.ts';
import type { StageContext } from '../../pipeline/contract/stage.ts';
import { train } from './train.ts';

export function run(context: StageContext): Promise<void> {
  return train(context, createTfjsEngine);
}
