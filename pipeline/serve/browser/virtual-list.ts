/** A list of which only the rows that are seen exist: ten thousand cost no more than thirty. */

import { make } from './dom.ts';

const ROW_HEIGHT = 30;
/** Rows beside those that are seen, so that scrolling finds them there. */
const SPARE = 8;

/** How a list shows its items. */
export interface ListSettings {
  readonly label: string;
  /** Fills a row, which was made for another item perhaps. */
  readonly fill: (row: HTMLElement, item: string) => void;
  readonly open: (item: string) => void;
}

/** A list of names; arrow keys move in it, Enter opens one. */
export class VirtualList {
  readonly element: HTMLElement;
  readonly #inner = make('div', { class: 'list-inner' });
  readonly #settings: ListSettings;
  readonly #rows: HTMLElement[] = [];
  #items: readonly string[] = [];
  #active: string | null = null;

  constructor(settings: ListSettings) {
    this.#settings = settings;
    this.element = make(
      'div',
      { class: 'list', role: 'listbox', tabindex: 0, 'aria-label': settings.label },
      this.#inner,
    );
    this.element.addEventListener('scroll', () => this.#fillRows(), { passive: true });
    this.element.addEventListener('keydown', (event) => this.#move(event));
    new ResizeObserver(() => this.#fillRows()).observe(this.element);
  }

  /** Shows items, as they are by now. */
  show(items: readonly string[]): void {
    this.#items = items;
    const height = `${items.length * ROW_HEIGHT}px`;
    if (this.#inner.style.height !== height) {
      this.#inner.style.height = height;
      // It is no higher than its rows.
      this.element.style.setProperty('--rows', height);
    }
    this.#fillRows();
  }

  #fillRows(): void {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT) - SPARE);
    const count = Math.ceil(clientHeight / ROW_HEIGHT) + 2 * SPARE;
    const shown = this.#items.slice(first, first + count);
    while (this.#rows.length < shown.length) {
      const row = make('div', { class: 'row', role: 'option', id: `row-${this.#rows.length}` });
      row.addEventListener('click', () => {
        const item = row.dataset['item'];
        if (item !== undefined) this.#settings.open(item);
      });
      this.#rows.push(row);
      this.#inner.append(row);
    }
    for (const [i, row] of this.#rows.entries()) {
      const item = shown[i];
      row.hidden = item === undefined;
      if (item === undefined) continue;
      // A row keeps its place among the rows, so that scrolling by one changes all but little of each.
      row.style.transform = `translateY(${(first + i) * ROW_HEIGHT}px)`;
      row.dataset['item'] = item;
      row.setAttribute('aria-setsize', String(this.#items.length));
      row.setAttribute('aria-posinset', String(first + i + 1));
      const isActive = item === this.#active;
      row.setAttribute('aria-selected', String(isActive));
      if (isActive) this.element.setAttribute('aria-activedescendant', row.id);
      this.#settings.fill(row, item);
    }
  }

  #move(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.element.clientHeight / ROW_HEIGHT) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: Number.NEGATIVE_INFINITY,
      End: Number.POSITIVE_INFINITY,
    };
    const step = steps[event.key];
    if (event.key === 'Enter' && this.#active !== null) this.#settings.open(this.#active);
    else if (step === undefined || this.#items.length === 0) return;
    else this.#activate(step);
    event.preventDefault();
  }

  #activate(step: number): void {
    const before = this.#active === null ? -1 : this.#items.indexOf(this.#active);
    const at = Math.min(this.#items.length - 1, Math.max(0, before + step));
    this.#active = this.#items[at] ?? null;
    const top = at * ROW_HEIGHT;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + ROW_HEIGHT > scrollTop + clientHeight) {
      this.element.scrollTop = top + ROW_HEIGHT - clientHeight;
    }
    this.#fillRows();
  }
}
