/** Kept cuts as a fact of the machine: what a fingerprint says of them is what a training goes by. */

import { createHash } from 'node:crypto';
import { nameProduct, parseCuts } from './kernels/kept-cuts.ts';
import type { KernelSetting } from './kernels/multiply.ts';

/** Name of the fact. */
export const TILES_FACT = 'choice of tiles';

const END_OF_HEAD = ': ';
const DIGITS = 8;

/** The fact: how many there are and a digest, by which people tell two apart, then all of them. */
export function tellTiles(cuts: string): string {
  const digest = createHash('sha256').update(cuts).digest('hex').slice(0, DIGITS);
  const count = cuts.split('\n').length;
  const head = `${digest} for ${count} product${count === 1 ? '' : 's'}`;
  return `${head}${END_OF_HEAD}${cuts.replaceAll('\n', '; ')}`;
}

/** How products are cut up by what the fact says; undefined where there is none. */
export function followTiles(fact: string | undefined): KernelSetting['cut'] {
  if (fact === undefined) return undefined;
  const text = fact.slice(fact.indexOf(END_OF_HEAD) + END_OF_HEAD.length);
  const cuts = parseCuts(text.replaceAll('; ', '\n'));
  return (label, estimated, sizes) => cuts.get(nameProduct(label, sizes)) ?? estimated;
}
