/** What plot stages read beside recorded trainings: data folders of random images, fits. */

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDataset } from '../../../../experiment/data/dataset.ts';
import type { LabeledImages } from '../../../../experiment/data/images.ts';
import { openStream } from '../../../../experiment/data/random.ts';
import type { Fit } from '../../../../experiment/recorded/fit.ts';
import type { JobInput } from '../../../../pipeline/contract/stage.ts';
import { makeFolder } from './recorded-runs.ts';

/** Writes a data folder: images [count, 3, 32, 32], labels 0, 1, …, 9, 0, …, plus p. */
export async function recordData(
  folder: string,
  corruption: string,
  p: number,
  count = 20,
): Promise<JobInput> {
  const name = `${p.toFixed(1)}_${corruption}`;
  const random = openStream(1, name);
  const size = corruption === 'none' ? 32 : 28;
  const length = count * 3 * size * size;
  const data =
    corruption === 'gauss_pix'
      ? Float32Array.from({ length }, () => 0.5 + 0.3 * random.normal())
      : Uint8Array.from({ length }, () => random.integer(256));
  const part: LabeledImages = {
    images: { shape: [count, 3, size, size], data },
    labels: Uint8Array.from({ length: count }, (_, i) => (i + 4 * p) % 10),
    count,
  };
  const path = join(folder, name);
  await writeDataset(path, {
    info: {
      name: 'synthetic shapes',
      synthetic: true,
      classes: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'].map((one) => `class ${one}`),
      train: count,
      test: count,
      split: 'paper',
      corruption,
      p,
      seed: 42,
      mean: [0.5, 0.5, 0.5],
      deviation: [0.3, 0.3, 0.3],
    },
    train: part,
    test: part,
  });
  const fingerprint = createHash('sha256').update(name).digest('hex');
  return { node: `corrupt/${name}`, cell: { corruption, p }, path, fingerprint, sha256: null };
}

/** Writes what the stage `theorem1` would. */
export async function recordFits(fits: readonly Fit[]): Promise<JobInput> {
  const path = join(await makeFolder(), 'theorem1.jsonl');
  await writeFile(path, fits.map((fit) => `${JSON.stringify(fit)}\n`).join(''));
  const fingerprint = 'f'.repeat(64);
  return { node: 'theorem1', cell: {}, path, fingerprint, sha256: fingerprint };
}
