/** The nodes that run. */

import { formatInterval } from '../../progress/units.ts';
import type { NodeView } from '../run-view.ts';
import { addressOf } from './address.ts';
import { make, makeSection, setText } from './dom.ts';
import type { LiveState } from './live-state.ts';
import { shareOf, wordDuration, wordNumber } from './live-words.ts';
import type { PagePart } from './page-part.ts';

/** So many are listed. */
const MOST_ROWS = 40;

interface Row {
  readonly element: HTMLElement;
  readonly time: HTMLElement;
  readonly meter: HTMLElement;
  readonly metrics: HTMLElement;
}

/** The section of what runs, which is there while something does. */
export class RunningPart implements PagePart {
  readonly element: HTMLElement;
  readonly #list = make('ul', { class: 'running' });
  readonly #more = make('p', { class: 'soft' });
  readonly #rows = new Map<string, Row>();

  constructor() {
    const { element, body } = makeSection('running', 'Running');
    this.element = element;
    body.append(this.#list, this.#more);
  }

  /** See {@link PagePart}. */
  draw({ view }: LiveState, now: number): void {
    this.element.hidden = view.running.size === 0;
    const shown = [...view.running].slice(0, MOST_ROWS);
    const more = view.running.size - shown.length;
    setText(this.#more, more > 0 ? `and ${more} more` : '');
    for (const [name, row] of this.#rows) {
      if (view.running.has(name)) continue;
      row.element.remove();
      this.#rows.delete(name);
    }
    for (const name of shown) {
      const node = view.nodes.get(name);
      if (node === undefined) continue;
      let row = this.#rows.get(name);
      if (row === undefined) {
        row = makeRow(node);
        this.#rows.set(name, row);
        this.#list.append(row.element);
      }
      const share = shareOf(node, now);
      setText(row.time, wordTimes(node, share, now));
      row.meter.hidden = share === null;
      row.meter.style.setProperty('--share', String(share ?? 0));
      const curves = [...(view.curves.get(name) ?? [])].slice(0, 4);
      setText(
        row.metrics,
        curves.map(([metric, one]) => `${metric} ${wordNumber(one.last[1])}`).join(' · '),
      );
    }
  }
}

function makeRow({ name, attempts = 1 }: NodeView): Row {
  const time = make('span', { class: 'soft' });
  const meter = make('span', { class: 'meter', 'aria-hidden': 'true' });
  const metrics = make('span', { class: 'metrics' });
  const again = attempts > 1 ? ` (attempt ${attempts})` : '';
  const link = make('a', { href: addressOf({ node: name }) }, name + again);
  return { element: make('li', {}, link, time, meter, metrics), time, meter, metrics };
}

function wordTimes(node: NodeView, share: number | null, now: number): string {
  const took = wordDuration(node, now);
  if (node.fraction !== undefined && share !== null)
    return `${took} · ${Math.floor(100 * share)} %`;
  return node.expectedSeconds === undefined
    ? took
    : `${took} of about ${formatInterval(node.expectedSeconds)}`;
}
