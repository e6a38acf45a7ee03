/** Label noise (paper, section 2.2: partially corrupted and random labels). */

import { CLASS_COUNT } from '../data/images.ts';
import type { RandomStream } from '../data/random.ts';

/**
 * Replaces each label, with probability `p`, by a class drawn uniformly from all ten (so that a
 * tenth of the replaced ones stay as they were); p = 1 replaces all. Two numbers are drawn for
 * every label whatever `p` is: under one seed the labels replaced at a smaller p are among those
 * replaced at a larger one, and by the same classes.
 */
export function corruptLabels(labels: Uint8Array, p: number, random: RandomStream): Uint8Array {
  return labels.map((label) => {
    const replaced = random.uniform() < p;
    const drawn = random.integer(CLASS_COUNT);
    return replaced ? drawn : label;
  });
}
