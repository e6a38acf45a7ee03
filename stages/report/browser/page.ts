/** What the page and its scripts agree on. */

/** The content of `volatile.js`: see `provenance.ts`, which writes it. */
export interface VolatileFacts {
  readonly commit: string | null;
  readonly host: string;
  readonly system: string;
  readonly processor: string;
  readonly node: string;
  readonly made: Readonly<Record<string, MadeFact>>;
  readonly specs: Readonly<Record<string, { readonly [key: string]: unknown }>>;
}

/** How a result was made. */
export interface MadeFact {
  readonly at: string;
  readonly host: string;
  readonly seconds: number;
  readonly isLatest: boolean;
}

/** The element that the page is known to have. */
export function find<T extends HTMLElement>(selector: string, within: ParentNode = document): T {
  const element = within.querySelector<T>(selector);
  if (element === null) throw new Error(`the page has no ${selector}`);
  return element;
}

/** An element with text. */
export function makeElement<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  text: string,
  className = '',
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className !== '') element.className = className;
  return element;
}
