/** The stages: how many of their nodes are in which state. */

import type { StateCounts } from '../run-view.ts';
import { make, makeSection } from './dom.ts';
import type { LiveState } from './live-state.ts';
import { STATE_ORDER, VIEW_WORDS } from './live-words.ts';
import type { PagePart } from './page-part.ts';

/** The section of stages. */
export class StagesPart implements PagePart {
  readonly element: HTMLElement;
  readonly #rows = make('tbody');

  constructor() {
    const { element, body } = makeSection('stages', 'Stages');
    this.element = element;
    const head = make(
      'thead',
      {},
      make(
        'tr',
        {},
        ...['stage', 'nodes', 'state'].map((name) => make('th', { scope: 'col' }, name)),
      ),
    );
    body.append(make('div', { class: 'scroll' }, make('table', {}, head, this.#rows)));
  }

  /** See {@link PagePart}. */
  draw({ view }: LiveState): void {
    this.element.hidden = view.stages.size === 0;
    const rows = [...view.stages];
    const key = JSON.stringify(rows);
    if (this.#rows.dataset['key'] === key) return;
    this.#rows.dataset['key'] = key;
    this.#rows.replaceChildren(...rows.map(([stage, counts]) => drawRow(stage, counts)));
  }
}

function drawRow(stage: string, counts: StateCounts): HTMLElement {
  const total = STATE_ORDER.reduce((sum, one) => sum + counts[one], 0);
  const told = STATE_ORDER.filter((one) => counts[one] > 0);
  return make(
    'tr',
    {},
    make('th', { scope: 'row' }, stage),
    make('td', {}, String(total)),
    make(
      'td',
      {},
      ...told.map((one) =>
        make(
          'span',
          { class: 'count-of' },
          make('span', { class: `dot ${one}` }),
          `${counts[one]} ${VIEW_WORDS[one]} `,
        ),
      ),
    ),
  );
}
