import { openStream } from '../../../../experiment/data/random.ts';
import type { Records } from '../../../../experiment/data/records.ts';

/** Records of random pixels and labels. */
export function makeRecords(counts: { readonly train: number; readonly test: number }): Records {
  const makeImages = (part: 'train' | 'test') => {
    const random = openStream(1, `test records/${part}`);
    const count = counts[part];
    const words = new Uint32Array(count * 768);
    for (let index = 0; index < words.length; index += 1) words[index] = random.uint32();
    return {
      images: { shape: [count, 3, 32, 32], data: new Uint8Array(words.buffer) },
      labels: Uint8Array.from({ length: count }, () => random.integer(10)),
      count,
    };
  };
  return {
    info: { name: 'random records', synthetic: true, source_sha256: null },
    classes: ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'],
    train: makeImages('train'),
    test: makeImages('test'),
  };
}
