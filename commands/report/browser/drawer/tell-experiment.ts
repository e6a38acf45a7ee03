/** What the drawer shows of an experiment. */

import type { ExperimentDetail } from '../../report-details.ts';
import type { Knowledge } from '../look-up.ts';
import { makeElement, makeGroup, makeLink, makeTerms } from '../page.ts';
import { wordPercent } from '../words.ts';
import { drawCurve } from './curve.ts';
import { makePart, tellCommand, tellFiles, tellLogs, tellNeighbours, tellWhen } from './parts.ts';
import { makeSamples } from './samples.ts';
import type { Told } from './told.ts';

/** What is told of an experiment: its results, curves, images, config, log, files, and the graph around it. */
export function tellExperiment(knowledge: Knowledge, experiment: ExperimentDetail): Told {
  const { details } = knowledge;
  const own = knowledge.nodesOf(experiment);
  const samples = experiment.data === null ? undefined : details.samples[experiment.data];
  const chart = makeElement('div', '', 'chart');
  const { curve } = experiment;
  const inTable = makeLink(`#run-${experiment.name}`, 'its line in the table');
  return {
    kind: 'An experiment',
    title: experiment.label,
    body: [
      makeGroup('p', 'note', makeElement('code', experiment.name), ' · ', inTable),
      ...(details.leftOut.length === 0
        ? []
        : [
            makeElement(
              'p',
              `So that it can be mailed, this page lacks ${details.leftOut.join('; ')}.`,
              'note',
            ),
          ]),
      tellResult(knowledge, experiment),
      ...(curve === null
        ? []
        : [
            makePart(
              'Curves',
              chart,
              makeElement(
                'p',
                'On the labels that it is trained on, before each step; a point is the mean of some steps. Dashed: interpolation threshold.',
                'note',
              ),
            ),
          ]),
      ...(samples === undefined ? [] : [makePart('Images', makeSamples(samples))]),
      makePart('The graph around it', tellNeighbours(knowledge, own)),
      makePart('When and how long', tellWhen(knowledge, own)),
      makePart('Checkpoint and other files', tellFiles(knowledge, own)),
      makePart('Log', tellLogs(knowledge, own)),
      ...(experiment.config === null ? [] : [makePart('Config', makeConfig(experiment.config))]),
      makePart('Run it again', makeGroup('p', '', tellCommand(knowledge, experiment.evaluation))),
    ],
    draw: () => {
      if (curve !== null) drawCurve(chart, curve, details.theme);
    },
  };
}

function makeConfig(text: string): HTMLElement {
  const config = makeElement('pre', text);
  config.tabIndex = 0;
  config.setAttribute('aria-label', 'Config');
  return config;
}

/** How the experiment ended, and what was set. */
function tellResult(
  knowledge: Knowledge,
  { row, evaluation, corruption }: ExperimentDetail,
): HTMLElement {
  if (row === null) {
    return makeGroup(
      'p',
      '',
      makeElement('strong', 'It has no result yet.'),
      ' ',
      tellCommand(knowledge, evaluation),
      ' makes it.',
    );
  }
  const count = (key: string) => Number(row[key]).toLocaleString('en-US');
  const share = (key: string) =>
    typeof row[key] === 'number' ? wordPercent(row[key]) : 'diverged';
  const loss = (key: string) =>
    typeof row[key] === 'number' ? Number(row[key].toPrecision(4)).toString() : 'diverged';
  const reached = row['reached'] === true ? 'reached' : 'not reached';
  const images = `${row['dataset']}${row['synthetic'] === true ? ' (generated, not CIFAR-10)' : ''}: ${count('train')} training and ${count('test')} test images`;
  return makeGroup(
    'div',
    'facts',
    makeTerms([
      ['interpolation threshold', `${reached}, epoch ${count('epoch')}, step ${count('step')}`],
      ['on training images', `accuracy ${share('train_accuracy')}, loss ${loss('train_loss')}`],
      ['on test images', `error ${share('test_error')}, loss ${loss('test_loss')}`],
    ]),
    makeTerms([
      [
        'model',
        `${row['model']}, ${count('parameters')} parameters, ${row['width']} times the paper's width`,
      ],
      ['corruption', `${corruption}, p = ${row['p']}`],
      ['seed, first weights', `${row['seed']}, ${row['init']}`],
      [
        'weight decay, crops',
        `${row['weight_decay']}, ${row['crop'] === true ? 'random' : 'central'}`,
      ],
      ['data', images],
    ]),
  );
}
