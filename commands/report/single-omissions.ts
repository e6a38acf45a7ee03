/** What a report in one file can do without, what is needed least first. */

import type { FigureStatus } from './figures.ts';
import type { ExperimentDetail, NodeLogs, TrainingCurve } from './report-details.ts';
import type { ReportSources } from './write-report.ts';

/** Something that can be left out. */
interface Omission {
  /** What the page lacks then. */
  readonly words: string;
  readonly omit: (sources: ReportSources) => ReportSources;
}

/** Characters of a log that stay, and points of a curve. */
const SHORT = { log: 400, curve: 40 };

/** Lists what can be left out of a report, in the order in which it goes. */
export function* listOmissions({ model }: ReportSources): Generator<Omission> {
  yield {
    words: 'all but the last lines of the logs',
    omit: (sources) => ({
      ...sources,
      facts: { ...sources.facts, logs: shortenLogs(sources.facts.logs) },
    }),
  };
  yield {
    words: 'the images of the experiments',
    omit: (sources) => ({ ...sources, details: { ...sources.details, samples: {} } }),
  };
  yield changeExperiments('the comments in the configs', ({ config, ...one }) => ({
    ...one,
    config: config?.replace(/^\s*#.*\n|^\s*\n/gm, '') ?? null,
  }));
  yield changeExperiments('most points of the curves of single experiments', (one) => ({
    ...one,
    curve: one.curve && { ...one.curve, ...thinPoints(one.curve) },
  }));
  yield changeExperiments('the configs', (one) => ({ ...one, config: null }));
  yield changeExperiments('the curves of single experiments', (one) => ({ ...one, curve: null }));
  const sizeOf = ({ content }: FigureStatus) => JSON.stringify(content?.spec ?? null).length;
  const drawn = model.figures.filter(({ content }) => content?.spec != null);
  for (const { name } of drawn.toSorted((a, b) => sizeOf(b) - sizeOf(a))) yield keepPicture(name);
  yield {
    words: 'the timeline',
    omit: (sources) => ({ ...sources, facts: { ...sources.facts, timeline: '' } }),
  };
}

function changeExperiments(
  words: string,
  change: (experiment: ExperimentDetail) => ExperimentDetail,
): Omission {
  return {
    words,
    omit: (sources) => {
      const experiments = sources.details.experiments.map(change);
      return { ...sources, details: { ...sources.details, experiments } };
    },
  };
}

/** A figure that is its picture alone. */
function keepPicture(name: string): Omission {
  return {
    words: `the chart of ${name}, which is a picture`,
    omit: ({ model, facts, ...sources }) => {
      const { [name]: _, ...specs } = facts.specs;
      const figures = model.figures.map((figure) =>
        figure.name === name && figure.content !== null
          ? { ...figure, content: { ...figure.content, spec: null } }
          : figure,
      );
      return { ...sources, model: { ...model, figures }, facts: { ...facts, specs } };
    },
  };
}

function shortenLogs(logs: NodeLogs): NodeLogs {
  return Object.fromEntries(
    Object.entries(logs).map(([node, log]) => [
      node,
      log.text.length <= SHORT.log ? log : { text: log.text.slice(-SHORT.log), isCut: true },
    ]),
  );
}

/** Every so manieth point, and the last one. */
function thinPoints({ training, test }: TrainingCurve): Pick<TrainingCurve, 'training' | 'test'> {
  const thin = <Point>(points: readonly Point[]) => {
    const every = Math.ceil(points.length / SHORT.curve);
    return points.filter((_, i) => (points.length - 1 - i) % every === 0);
  };
  return { training: thin(training), test: thin(test) };
}
