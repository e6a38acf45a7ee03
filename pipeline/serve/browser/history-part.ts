/** The runs of the workspace. */

import { formatInterval } from '../../progress/units.ts';
import type { ListedEntry } from '../run-book.ts';
import { addressOf } from './address.ts';
import { make, makeSection } from './dom.ts';
import type { LiveState } from './live-state.ts';
import type { PagePart } from './page-part.ts';

/** The section of past runs. */
export class HistoryPart implements PagePart {
  readonly element: HTMLElement;
  readonly #rows = make('tbody');

  constructor() {
    const { element, body } = makeSection('runs', 'Runs');
    this.element = element;
    const names = ['run', 'started', 'took', 'end', 'executed', 'cached', 'asked for', ''];
    const head = make(
      'thead',
      {},
      make('tr', {}, ...names.map((name) => make('th', { scope: 'col' }, name))),
    );
    body.append(
      make(
        'div',
        { class: 'scroll', role: 'region', 'aria-label': 'runs', tabindex: 0 },
        make('table', { class: 'nodes' }, head, this.#rows),
      ),
    );
  }

  /** See {@link PagePart}. */
  draw({ runs, run }: LiveState): void {
    this.element.hidden = runs.length === 0;
    const key = JSON.stringify([run, runs]);
    if (this.#rows.dataset['key'] === key) return;
    this.#rows.dataset['key'] = key;
    this.#rows.replaceChildren(...runs.map((one) => drawRow(one, run)));
  }
}

function drawRow(one: ListedEntry, shown: string | null): HTMLElement {
  const { run, short, started, seconds, ended, executed, cached, asked } = one;
  const link = make('a', { href: addressOf({ run, node: null }) }, short);
  const cells = [
    started === null ? '?' : new Date(started).toLocaleString(),
    seconds === null ? '?' : formatInterval(seconds),
    ended,
    String(executed),
    String(cached),
    asked,
  ];
  return make(
    'tr',
    { 'aria-current': run === shown ? 'true' : null },
    make('th', { scope: 'row' }, link),
    ...cells.map((text) => make('td', {}, text)),
    make('td', {}, run === shown || shown === null ? null : linkDiff(run, shown)),
  );
}

/** Leads to what differs between a run and the one that is shown, the older one first. */
function linkDiff(run: string, shown: string): HTMLElement {
  const diff = [run, shown].sort().join();
  return make('a', { href: addressOf({ diff }) }, 'compare with the shown run');
}
