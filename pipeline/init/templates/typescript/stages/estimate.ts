/** The stage `estimate`: the share of random points of a square that fall into its circle. */

import { writeFile } from 'node:fs/promises';
import type { StageContext } from 'rederive/contract';

/** Runs the stage. Reads the axes `samples` and `seed`, writes output `estimate`. */
export async function run({ cell, outputs, emit }: StageContext): Promise<void> {
  const samples = Number(cell['samples']);
  const seed = Number(cell['seed']);
  const estimate = estimatePi(samples, seed);
  const error = Math.abs(estimate - Math.PI);
  await writeFile(
    String(outputs['estimate']),
    `${JSON.stringify({ samples, seed, estimate, error })}\n`,
  );
  emit({ type: 'summary', values: { estimate, error } });
}

function estimatePi(samples: number, seed: number): number {
  const random = startRandom(seed);
  let inside = 0;
  for (let index = 0; index < samples; index += 1) {
    if (random() ** 2 + random() ** 2 < 1) inside += 1;
  }
  return (4 * inside) / samples;
}

/** Numbers from 0 to 1 that a seed alone decides (mulberry32), so that a rerun gives equal bytes. */
function startRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
