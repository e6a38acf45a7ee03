/** Nodes that failed, with the end of what they printed. */

import { countOf } from '../../progress/units.ts';
import type { FailureView } from '../run-view.ts';
import { addressOf } from './address.ts';
import { make, makeSection, setText } from './dom.ts';
import type { LiveState } from './live-state.ts';
import type { PagePart } from './page-part.ts';

/** So many are open; a sweep whose data is missing fails in all its cells. */
const MOST_OPEN = 4;

/** The section of failures and warnings, which is there when there are any. */
export class FailuresPart implements PagePart {
  readonly element: HTMLElement;
  readonly #body: HTMLElement;
  readonly #others = make('div');
  readonly #summary = make('summary');
  readonly #details: HTMLElement;
  readonly #more = make('p', { class: 'soft' });
  readonly #warnings = make('div');
  #drawn: readonly FailureView[] = [];
  #count = 0;

  constructor() {
    const { element, body } = makeSection('failures', 'What went wrong');
    this.element = element;
    this.#body = make('div');
    const others = make('details', {}, this.#summary, this.#others);
    this.#details = others;
    body.append(this.#body, others, this.#more, this.#warnings);
  }

  /** See {@link PagePart}. */
  draw({ view }: LiveState): void {
    const { failures, warnings, counts } = view;
    this.element.hidden = failures.length === 0 && warnings.length === 0;
    const known = this.#drawn === failures ? this.#count : 0;
    if (known === 0) this.#body.replaceChildren();
    if (known === 0) this.#others.replaceChildren();
    for (const [i, one] of failures.entries()) {
      if (i >= known) (i < MOST_OPEN ? this.#body : this.#others).append(drawFailure(one));
    }
    this.#drawn = failures;
    this.#count = failures.length;
    const rest = failures.length - MOST_OPEN;
    this.#details.hidden = rest <= 0;
    setText(this.#summary, `${rest} more, with their last lines`);
    const more = counts.failed - failures.length;
    this.#more.textContent = more > 0 ? `and ${countOf(more, 'more node')} that failed` : '';
    const key = warnings.map(({ text, count }) => `${count} ${text}`).join('\n');
    if (this.#warnings.dataset['key'] === key) return;
    this.#warnings.dataset['key'] = key;
    this.#warnings.replaceChildren(
      ...warnings.map(({ node, text, count }) =>
        make(
          'p',
          { class: 'warning' },
          make('strong', {}, node === null ? 'Warning: ' : `Warning, ${node}: `),
          count > 1 ? `${text} (${count} times)` : text,
        ),
      ),
    );
  }
}

function drawFailure({ node, message, tail }: FailureView): HTMLElement {
  return make(
    'article',
    { class: 'failure' },
    make('h3', {}, make('a', { href: addressOf({ node }) }, node)),
    make('p', {}, message),
    tail.length === 0
      ? null
      : make(
          'pre',
          { tabindex: 0, role: 'region', 'aria-label': `last lines of ${node}` },
          tail.join('\n'),
        ),
  );
}
