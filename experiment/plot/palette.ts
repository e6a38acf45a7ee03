/**
 * Names, order and colours: the same test and the same model look the same in every figure.
 *
 * The colours are those of Okabe and Ito (2008), which stay apart for colour-blind readers.
 */

import type { Corruption } from '../data/dataset-info.ts';
import { fail } from '../data/failure.ts';

/** A randomization test: which experiments it is, and how a figure names and colours it. */
export interface RandomizationTest {
  readonly name: string;
  readonly color: string;
  readonly corruption: Corruption;
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
  readonly corruption: Corruption;
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

/** How a model is drawn: a colour, and a shape for those who cannot tell the colours apart. */
export interface ModelStyle {
  readonly color: string;
  readonly shape: string;
}

const MODEL_STYLES: ReadonlyMap<string, ModelStyle> = new Map([
  ['Net', { color: '#333333', shape: 'cross' }],
  ['MLP1', { color: '#0072b2', shape: 'circle' }],
  ['MLP3', { color: '#e69f00', shape: 'square' }],
  ['AlexNetSmall', { color: '#009e73', shape: 'triangle-up' }],
  ['InceptionSmall', { color: '#d55e00', shape: 'diamond' }],
  ['InceptionSmallWithoutBN', { color: '#cc79a7', shape: 'triangle-down' }],
  ['WideResNet', { color: '#56b4e9', shape: 'triangle-right' }],
]);

/** For models that the paper's list does not have, in turn. */
const OTHER_STYLES: readonly ModelStyle[] = [
  { color: '#7f6000', shape: 'triangle-left' },
  { color: '#5e3c99', shape: 'circle' },
  { color: '#8c8c8c', shape: 'square' },
];

const MODEL_ORDER = [...MODEL_STYLES.keys()];

/** Returns each model once: those known here from small to large, then others by name. */
export function orderModels(names: Iterable<string>): readonly string[] {
  const rank = (name: string) => {
    const place = MODEL_ORDER.indexOf(name);
    return place < 0 ? MODEL_ORDER.length : place;
  };
  return [...new Set(names)].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/** Returns how each of these models, in the order of {@link orderModels}, is drawn. */
export function styleModels(models: readonly string[]): readonly ModelStyle[] {
  let others = 0;
  return models.map((model) => {
    const style = MODEL_STYLES.get(model) ?? OTHER_STYLES[others++ % OTHER_STYLES.length];
    return style ?? { color: '#333333', shape: 'circle' };
  });
}
