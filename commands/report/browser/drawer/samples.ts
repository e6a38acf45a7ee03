/** The images that an experiment is trained on, with their labels. */

import type { SampleImages } from '../../report-details.ts';
import { makeElement, makeGroup } from '../page.ts';

/** The first images of a data set, each above its label; a label that is not the true one is marked. */
export function makeSamples({ picture, labels, trueLabels }: SampleImages): HTMLElement {
  const list = document.createElement('ul');
  list.className = 'samples';
  for (const [i, label] of labels.entries()) {
    const truth = trueLabels?.[i];
    const image = makeElement('span', '', 'sample');
    image.style.backgroundImage = `url("${picture}")`;
    image.style.backgroundPositionX = `${(100 * i) / Math.max(1, labels.length - 1)}%`;
    image.style.backgroundSize = `${100 * labels.length}% 100%`;
    const isChanged = truth !== undefined && truth !== label;
    const text = makeElement('span', label, isChanged ? 'changed' : '');
    if (isChanged) text.append(makeElement('span', `, not ${truth}`, 'words'));
    list.append(makeGroup('li', '', image, text));
  }
  const isAnyChanged = trueLabels?.some((truth, i) => truth !== labels[i]) ?? false;
  const changed = isAnyChanged ? ' Orange: not the true one.' : '';
  const note = `The first ${labels.length} training images, as the model sees them, and the labels that it is trained on.${changed}`;
  return makeGroup('div', '', list, makeElement('p', note, 'note'));
}
