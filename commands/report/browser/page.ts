/** Finds and makes elements of the page. */

/**
 * The element that the page is known to have.
 *
 * @throws Error where the page lacks it after all
 */
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
  return makeGroup(tag, className, text);
}

/** An element with texts and elements in it. */
export function makeGroup<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...content: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  element.append(...content);
  return element;
}

/** A link. */
export function makeLink(href: string, text: string): HTMLAnchorElement {
  const link = makeElement('a', text);
  link.href = href;
  return link;
}

/** A list of terms with what stands for each. */
export function makeTerms(terms: readonly (readonly [string, Node | string])[]): HTMLDListElement {
  const list = document.createElement('dl');
  for (const [term, value] of terms) {
    list.append(makeElement('dt', term), makeGroup('dd', '', value));
  }
  return list;
}

/** A table in a region that is scrolled where it is wider than the page. */
export function makeTable(
  label: string,
  headings: readonly string[],
  rows: readonly (readonly (Node | string)[])[],
): HTMLElement {
  const table = document.createElement('table');
  const cells = headings.map((heading) => {
    const cell = makeElement('th', heading);
    cell.scope = 'col';
    return cell;
  });
  const lines = rows.map(([first = '', ...rest]) => {
    const heading = makeGroup('th', '', first);
    heading.scope = 'row';
    return makeGroup('tr', '', heading, ...rest.map((value) => makeGroup('td', '', value)));
  });
  table.append(
    makeGroup('thead', '', makeGroup('tr', '', ...cells)),
    makeGroup('tbody', '', ...lines),
  );
  const region = makeGroup('div', 'scroll', table);
  region.setAttribute('role', 'region');
  region.setAttribute('aria-label', label);
  region.tabIndex = 0;
  return region;
}
