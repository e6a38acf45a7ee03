/** The lines under a figure's title: what data it shows, and what a reader has to know about it. */

import type { StageContext } from 'rederive/contract';
import { fail } from '../data/failure.ts';
import type { ExperimentFacts } from '../recorded/facts.ts';
import type { Typeface } from './font.ts';
import { SUBTITLE_SIZE } from './theme.ts';

const counts = new Intl.NumberFormat('en-US');

/** A number with its thousands apart: `50,000`. */
export function formatCount(count: number): string {
  return counts.format(count);
}

/**
 * Reads the parameter `profile`, which a figure names, and `overrides`, what `--set` changed in it:
 * `quick, with training.epochs=40`.
 *
 * @throws StageFailure where the profile is not declared
 */
export function readProfile(context: StageContext): string {
  const { profile, overrides } = context.params;
  if (typeof profile !== 'string') {
    return fail(
      `${context.node}: expected the parameter 'profile' to be a name, found ` +
        `${JSON.stringify(profile)}; declare it in the stage's params`,
    );
  }
  const changes = Array.isArray(overrides) ? overrides.map(String) : [];
  return changes.length === 0 ? profile : `${profile}, with ${changes.join(', ')}`;
}

/** What stands under a title. */
export interface Subtitle {
  /** The data behind the figure. */
  readonly summary: string;
  /** What a reader has to know about it: sentences. */
  readonly notes: readonly string[];
}

/** Describes the runs behind a figure: data set, profile, training images and n, with notes. */
export function describeRuns(
  profile: string,
  runs: readonly ExperimentFacts[],
  notes: readonly string[],
): Subtitle {
  const datasets = listDistinct(runs.map(nameDataset)).join(' and ');
  const images = listDistinct(runs.map((run) => run.train)).map(formatCount);
  const seeds = listDistinct(runs.map((run) => run.seed));
  const summary = [
    datasets,
    `profile ${profile}`,
    `${images.join(' or ')} training images`,
    `n = ${seeds.length} ${seeds.length === 1 ? 'seed' : 'seeds'}`,
  ];
  const decay = [...describeDecay(runs), ...describeMilestones(runs)];
  return { summary: summary.join(' · '), notes: [...decay, ...notes] };
}

/**
 * Sets a subtitle in lines no wider than so many pixels: the summary, then the notes. A note stays
 * on one line where it can.
 */
export function layOutSubtitle(
  { summary, notes }: Subtitle,
  width: number,
  { measure }: Typeface,
): string[] {
  const fits = (line: string) => measure(line, SUBTITLE_SIZE, 400) <= width;
  const join = (line: string, part: string) => (line === '' ? part : `${line} ${part}`);
  const pack = (parts: readonly string[]): string[] => {
    const lines: string[] = [];
    for (const part of parts) {
      const line = lines.at(-1);
      if (line !== undefined && fits(join(line, part))) lines[lines.length - 1] = join(line, part);
      else if (fits(part) || !part.includes(' ')) lines.push(part);
      else lines.push(...pack(part.split(' ')));
    }
    return lines;
  };
  return [...pack([summary]), ...pack(notes)];
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
  const steps = `every ${rare.map(formatCount).join(' or ')} steps or more`;
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

/** Lists each value once, in order. */
export function listDistinct<T extends string | number>(values: readonly T[]): readonly T[] {
  return [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
