/** The stage `train` on the engine `tfjs`. */

import type { StageContext } from '../../pipeline/contract/stage.ts';
import { createTfjsEngine } from '../training/tfjs/create.ts';
import { train } from './train.ts';

export function run(context: StageContext): Promise<void> {
  return train(context, createTfjsEngine);
}
