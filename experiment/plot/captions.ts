/**
 * What is said of a figure in words: the lines under its title, and its caption. Both tell what was
 * really set, as the records of the runs have it, and never go by the name of a profile.
 */

import type { StageContext } from 'rederive/contract';
import type { ExperimentFacts } from '../recorded/facts.ts';
import type { Typeface } from './font.ts';
import { SUBTITLE_SIZE } from './theme.ts';

const counts = new Intl.NumberFormat('en-US');

/** A number with its thousands apart: `50,000`. */
export function formatCount(count: number): string {
  return counts.format(count);
}

/** What a figure is said to show. */
export interface Caption {
  /** The data behind the figure, in parts, the most important first. */
  readonly summary: readonly string[];
  /** What a reader has to know about it: sentences, the most important first. */
  readonly notes: readonly string[];
}

/**
 * What was set on the command line, from the parameter `overrides`: `training.epochs=40`. Empty where
 * nothing was, or the stage does not read it.
 */
export function readOverrides(context: StageContext): readonly string[] {
  const { overrides } = context.params;
  return Array.isArray(overrides) ? overrides.map(String) : [];
}

/**
 * Describes the experiments behind a figure: their data set, images and seeds, with what was set on
 * the command line; then the notes of the figure; then how the learning rate decayed.
 */
export function captionRuns(
  overrides: readonly string[],
  runs: readonly ExperimentFacts[],
  notes: readonly string[],
): Caption {
  const datasets = listDistinct(runs.map(nameDataset)).join(' and ');
  const images = listDistinct(runs.map((run) => run.train)).map(formatCount);
  const seeds = listDistinct(runs.map((run) => run.seed));
  return {
    summary: [
      datasets,
      `${images.join(' or ')} training images`,
      `n = ${seeds.length} ${seeds.length === 1 ? 'seed' : 'seeds'}`,
      ...wordOverrides(overrides),
    ],
    notes: [...notes, ...describeDecay(runs), ...describeMilestones(runs)],
  };
}

/** A part of a summary that says what was set on the command line; none where nothing was. */
export function wordOverrides(overrides: readonly string[]): readonly string[] {
  return overrides.length === 0 ? [] : [`${SET}${overrides.join(', ')}`];
}

/** How the part of a summary begins that says what was set: the last, where there is one. */
const SET = 'with ';
/** What stands for it where there is no room. */
const SET_BRIEFLY = 'settings changed';

/**
 * The lines under a title, two at most, none wider than so many pixels: the summary with the name of
 * the results, and the first notes. What does not fit is in the caption alone; of what was set on the command line
 * remains at least that something was.
 *
 * @param results a short name of the results; null where they have none
 */
export function layOutSubtitle(
  { summary, notes }: Caption,
  results: string | null,
  width: number,
  { measure }: Typeface,
): string[] {
  const fits = (line: string) => measure(line, SUBTITLE_SIZE, 400) <= width;
  const end = results === null ? [] : [`results ${results}`];
  const heads = listSummaries(summary).map((parts) => [...parts, ...end].join(SEPARATOR));
  let sentences = notes.length;
  while (sentences > 0 && !fits(notes.slice(0, sentences).join(' '))) sentences -= 1;
  const head = heads.find(fits) ?? heads.at(-1) ?? '';
  return [head, ...(sentences === 0 ? [] : [notes.slice(0, sentences).join(' ')])];
}

/** A summary and what it may be shortened to, ever more. */
function listSummaries(summary: readonly string[]): readonly (readonly string[])[] {
  const isSet = summary.at(-1)?.startsWith(SET) === true;
  const data = isSet ? summary.slice(0, -1) : summary;
  const shorter = data.map((_, dropped) => [
    ...data.slice(0, data.length - dropped),
    ...(isSet ? [SET_BRIEFLY] : []),
  ]);
  return [summary, ...shorter];
}

/** What stands between the parts of a summary, and in no note. */
const SEPARATOR = ' · ';

/** The caption as one text: the data, then the notes, then the name of the results. */
export function writeCaption({ summary, notes }: Caption, results: string | null): string {
  const end = results === null ? [] : [`Results ${results}.`];
  return [`${summary.join(', ')}.`, ...notes, ...end].join(' ');
}

/** What a figure calls a data set, so that nobody takes generated images for others. */
export function nameDataset(run: Pick<ExperimentFacts, 'dataset' | 'synthetic'>): string {
  return run.synthetic ? 'Synthetic data (not CIFAR-10)' : run.dataset;
}

/**
 * What differs from the paper's schedule, which lowers the learning rate after each epoch: with few
 * images that would end learning before the data is fitted.
 */
function describeDecay(runs: readonly ExperimentFacts[]): string[] {
  const rare = listDistinct(runs.map((run) => run.decay_every).filter((steps) => steps !== null));
  if (rare.length === 0) return [];
  const steps = `at the first end of an epoch after each ${rare.map(formatCount).join(' or ')} steps`;
  const isRule = runs.every((run) => run.decay_every !== null);
  return [`The learning rate decays ${steps}${isRule ? ', not every epoch' : ' for some models'}.`];
}

/** Which models were trained by steps of the learning rate, and after which epochs. */
function describeMilestones(runs: readonly ExperimentFacts[]): string[] {
  const models = new Map<string, string[]>();
  for (const { model, milestones } of runs) {
    if (milestones === undefined) continue;
    const key = milestones.join(' and ');
    models.set(key, [...(models.get(key) ?? []), model]);
  }
  const total = runs.length;
  return [...models].map(([epochs, names]) => {
    const whose = names.length === total ? '' : ` of ${listDistinct(names).join(' and ')}`;
    return `The learning rate${whose} falls after epochs ${epochs} only.`;
  });
}

/** Names in a row: `A`, `A and B`, `A, B and C`. */
export function listWords(words: readonly string[]): string {
  const [last = ''] = words.slice(-1);
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

/** Lists each value once, in order. */
export function listDistinct<T extends string | number>(values: readonly T[]): readonly T[] {
  return [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
