/** The stage `train` on the engine `tfjs`. */

import type { StageContext } from 'rederive/contract';
import { createTfjsEngine } from '../../experiment/training/tfjs/create.ts';
import { train } from './train.ts';

export function run(context: StageContext): Promise<void> {
  return train(context, createTfjsEngine);
}
