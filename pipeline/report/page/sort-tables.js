/** Sorts tables by a click on a heading: `table.sortable`, whose headings hold a button each. */

// Tables may be put into the page later.
document.addEventListener('click', ({ target }) => {
  const button = target instanceof Element ? target.closest('button') : null;
  const heading = button?.closest('table.sortable thead th');
  const table = heading?.closest('table');
  if (heading === undefined || heading === null || !table) return;
  const headings = [...table.querySelectorAll('thead th')];
  const index = headings.indexOf(heading);
  const isAscending = heading.getAttribute('aria-sort') !== 'ascending';
  for (const other of headings) other.removeAttribute('aria-sort');
  heading.setAttribute('aria-sort', isAscending ? 'ascending' : 'descending');
  const isNumber = heading.hasAttribute('data-number');
  const body = table.querySelector('tbody');
  const rows = [...(body?.querySelectorAll('tr') ?? [])];
  const keys = new Map(rows.map((row) => [row, readKey(row, index)]));
  rows.sort((a, b) =>
    compareKeys(keys.get(a) ?? '', keys.get(b) ?? '', isNumber, isAscending ? 1 : -1),
  );
  body?.append(...rows);
});

// What is folded up on the screen is printed all the same.
addEventListener('beforeprint', () => {
  for (const details of document.querySelectorAll('details.printed')) {
    details.setAttribute('open', '');
  }
});

/**
 * What a row is sorted by; empty where it has no value.
 *
 * @param {Element} row
 * @param {number} index
 */
function readKey(row, index) {
  const cell = row.children[index];
  return cell?.getAttribute('data-value') ?? cell?.textContent?.trim() ?? '';
}

/**
 * Numbers are compared as such; what is missing comes last, whichever the direction.
 *
 * @param {string} a
 * @param {string} b
 * @param {boolean} isNumber
 * @param {1 | -1} direction
 */
function compareKeys(a, b, isNumber, direction) {
  if (a === '' || b === '') return Number(a === '') - Number(b === '');
  const order = isNumber
    ? Number(a) - Number(b)
    : a.localeCompare(b, 'en', { numeric: true, sensitivity: 'base' });
  return direction * order;
}
