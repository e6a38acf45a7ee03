/** Elements, made in one expression. */

/** What can stand in an element. */
export type Child = Node | string | null;

/** Attributes by name; a function listens to the event of that name. */
export type Attributes = Readonly<
  Record<string, string | number | boolean | null | ((event: Event) => void)>
>;

/** Makes an element. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A section of the page with its heading; `body` is what changes. */
export interface Section {
  readonly element: HTMLElement;
  readonly body: HTMLElement;
}

/** Makes a section. */
export function makeSection(id: string, title: string, ...before: readonly Child[]): Section {
  const body = make('div');
  const heading = make('h2', { id: `${id}-heading` }, title);
  const element = make(
    'section',
    { 'aria-labelledby': `${id}-heading`, id },
    heading,
    ...before,
    body,
  );
  return { element, body };
}

/** Writes a text where it is another one, so that nothing is laid out again for nothing. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
