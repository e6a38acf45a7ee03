/** The stage `corrupt` on labels alone: the images stay as they are. */

import type { StageContext } from 'rederive/contract';
import { keepImages } from '../../experiment/corruption/corrupt-records.ts';
import { corrupt } from './corrupt.ts';

/** Runs the stage. Reads input `records`, writes output `data`. */
export function run(context: StageContext): Promise<void> {
  return corrupt(context, keepImages);
}
