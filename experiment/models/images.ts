/** What every model of the experiments takes and gives. */

import { CHANNEL_COUNT, CROP_SIZE } from '../data/images.ts';

export { CLASS_COUNT } from '../data/images.ts';

/** [3, 28, 28] */
export const IMAGE_SHAPE = [CHANNEL_COUNT, CROP_SIZE, CROP_SIZE] as const;
