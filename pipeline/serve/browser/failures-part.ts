/** Nodes that failed, with the end of what they printed. */

import { countOf } from '../../progress/units.ts';
import type { FailureView } from '../run-view.ts';
import { addressOf } from './address.ts';
import { make, makeSection } from './dom.ts';
import type { LiveState } from './live-state.ts';
import type { PagePart } from './page-part.ts';

/** The section of failures and warnings, which is there when there are any. */
export class FailuresPart implements PagePart {
  readonly element: HTMLElement;
  readonly #body: HTMLElement;
  readonly #more = make('p', { class: 'soft' });
  readonly #warnings = make('div');
  #drawn: readonly FailureView[] = [];

  constructor() {
    const { element, body } = makeSection('failures', 'What went wrong');
    this.element = element;
    this.#body = make('div');
    body.append(this.#body, this.#more, this.#warnings);
  }

  /** See {@link PagePart}. */
  draw({ view }: LiveState): void {
    const { failures, warnings, counts } = view;
    this.element.hidden = failures.length === 0 && warnings.length === 0;
    const isSame = this.#drawn === failures && this.#body.childElementCount === failures.length;
    if (!isSame) {
      const from = this.#drawn === failures ? this.#body.childElementCount : 0;
      if (from === 0) this.#body.replaceChildren();
      this.#body.append(...failures.slice(from).map((one) => drawFailure(one)));
      this.#drawn = failures;
    }
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
