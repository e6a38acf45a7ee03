/** What a report's readers call its figures and experiments. */

import { RANDOMIZATION_TESTS } from '../../experiment/corruption/randomization-tests.ts';
import type { ExperimentStatus } from './experiments.ts';
import type { FigureStatus } from './figures.ts';
import type { ReportModel } from './model.ts';

/** What the list of contents calls figures, by name: the start of a title, or all of it where two start alike. */
export function labelFigures(figures: readonly FigureStatus[]): Readonly<Record<string, string>> {
  const titleOf = ({ name, content }: FigureStatus) => content?.title ?? name.replaceAll('-', ' ');
  const shorten = (title: string) => title.split(':', 1)[0] ?? title;
  const starts = figures.map((figure) => shorten(titleOf(figure)));
  return Object.fromEntries(
    figures.map((figure, i) => {
      const start = starts[i] ?? figure.name;
      const isOnly = starts.indexOf(start) === starts.lastIndexOf(start);
      return [figure.name, isOnly ? start : titleOf(figure)];
    }),
  );
}

/**
 * What readers call experiments, by name: `MLP1, random labels`; of several that would be called alike all but
 * the one of the shortest name have the rest of theirs in parentheses.
 */
export function labelRuns(
  experiments: readonly ExperimentStatus[],
): Readonly<Record<string, string>> {
  const labels = experiments.map(({ row, known }) => {
    const field = (key: string) => row?.[key] ?? known[key];
    return `${field('model')}, ${wordCorruption(field('corruption'), Number(field('p')))}`;
  });
  return Object.fromEntries(
    experiments.map(({ name }, i) => {
      const label = labels[i] ?? name;
      const alike = experiments.filter((_, other) => labels[other] === label);
      const [base = name] = alike.map((one) => one.name).sort((a, b) => a.length - b.length);
      const rest = name.startsWith(base) ? name.slice(base.length).replace(/^_/, '') : name;
      return [name, rest === '' ? label : `${label} (${rest.replaceAll('_', ', ')})`];
    }),
  );
}

/** Where on the page a node is told of: as that experiment which it trains or evaluates, or as itself. */
export function addressNodes({
  experiments,
}: Pick<ReportModel, 'experiments'>): (node: string) => string {
  const owners = new Map(
    experiments.flatMap(({ name, training, evaluation }) =>
      [training, evaluation].flatMap((one) => (one === null ? [] : [[one.node, name] as const])),
    ),
  );
  return (node) => {
    const owner = owners.get(node);
    const [kind, name] = owner === undefined ? ['node', node] : ['experiment', owner];
    return `#${kind}-${encodeURIComponent(name)}`;
  };
}

function wordCorruption(corruption: unknown, p: number): string {
  const test = RANDOMIZATION_TESTS.find((one) => one.corruption === corruption && one.p === p);
  if (test === undefined) return `p = ${p}`;
  return test.name === 'Gaussian' ? 'Gaussian images' : test.name.toLowerCase();
}

/** What of an experiment is corrupted, as figures call it: with `none` for images, labels by a share `p`. */
export function nameCorruption(corruption: string, p: string): string {
  if (corruption === 'none') return Number(p) === 0 ? 'None' : 'Labels';
  const test = RANDOMIZATION_TESTS.find((one) => one.corruption === corruption);
  return test?.name ?? corruption;
}
