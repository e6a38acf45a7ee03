/**
 * The randomization tests of the paper (section 2.2): the same one has the same name and colour in every
 * figure. What one does to images is in `stages/corrupt/`, in the module of its corruption's name.
 *
 * The colours are those of Okabe and Ito (2008), which stay apart for colour-blind readers.
 */

import { fail } from '../data/failure.ts';

/** A randomization test: which experiments it is, and how a figure names and colours it. */
export interface RandomizationTest {
  readonly name: string;
  readonly color: string;
  readonly corruption: string;
  readonly p: number;
}

/** The paper's order (its figure 1a). */
export const RANDOMIZATION_TESTS: readonly RandomizationTest[] = [
  { name: 'True labels', color: '#0072b2', corruption: 'none', p: 0 },
  { name: 'Random labels', color: '#d55e00', corruption: 'none', p: 1 },
  { name: 'Shuffled pixels', color: '#009e73', corruption: 'shuff_pix', p: 0 },
  { name: 'Random pixels', color: '#cc79a7', corruption: 'rand_pix', p: 0 },
  { name: 'Gaussian', color: '#333333', corruption: 'gauss_pix', p: 0 },
];

/** Names the randomization test that an experiment is. Fails for one that is none. */
export function nameTest(run: {
  readonly experiment: string;
  readonly corruption: string;
  readonly p: number;
}): string {
  const test = RANDOMIZATION_TESTS.find(
    ({ corruption, p }) => corruption === run.corruption && p === run.p,
  );
  if (test !== undefined) return test.name;
  return fail(
    `${run.experiment} is none of the randomization tests, whose labels are all true or all ` +
      `random: ${RANDOMIZATION_TESTS.map(({ name }) => name.toLowerCase()).join(', ')}; ` +
      "leave it out by the input's 'where'",
  );
}

/** The corruptions of images, `none` first. */
export const CORRUPTIONS: readonly string[] = [
  ...new Set(RANDOMIZATION_TESTS.map(({ corruption }) => corruption)),
];
