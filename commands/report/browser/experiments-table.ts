/** The table of experiments: sorted by a click on a heading, filtered by the controls above it. */

import { compareCells, type Direction } from './order.ts';
import { find } from './page.ts';

/** What others may do with the table. */
export interface ExperimentsTable {
  /** Shows only these experiments, of those that the controls leave. Null shows all of them. */
  readonly showOnly: (names: ReadonlySet<string> | null) => void;
}

/** Makes the table sortable and its controls work. */
export function setUpExperiments(): ExperimentsTable {
  const table = find<HTMLTableElement>('#experiments');
  const form = find<HTMLFormElement>('#filters');
  const status = find('#shown');
  const chosen = find('#chosen');
  const rows = [...table.querySelectorAll<HTMLTableRowElement>('tbody tr')];
  let only: ReadonlySet<string> | null = null;

  const update = () => {
    const values = new FormData(form);
    const text = String(values.get('text') ?? '').toLowerCase();
    const wanted = (['model', 'p', 'corruption'] as const).map(
      (key) => [key, String(values.get(key) ?? '')] as const,
    );
    let shown = 0;
    for (const row of rows) {
      const name = row.dataset['name'] ?? '';
      const visible =
        name.toLowerCase().includes(text) &&
        wanted.every(([key, value]) => value === '' || readCell(row, key) === value) &&
        (only === null || only.has(name));
      row.hidden = !visible;
      if (visible) shown += 1;
    }
    status.textContent = `${shown} of ${rows.length} experiments`;
    chosen.hidden = only === null;
  };

  form.addEventListener('input', update);
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('reset', () => {
    only = null;
    setTimeout(update);
  });
  for (const [index, heading] of [...table.querySelectorAll('thead th')].entries()) {
    heading.querySelector('button')?.addEventListener('click', () => sortBy(table, rows, index));
  }
  update();
  return {
    showOnly: (names) => {
      only = names;
      update();
    },
  };
}

function sortBy(
  table: HTMLTableElement,
  rows: readonly HTMLTableRowElement[],
  index: number,
): void {
  const headings = [...table.querySelectorAll<HTMLElement>('thead th')];
  const heading = headings[index];
  if (heading === undefined) return;
  const direction: Direction =
    heading.getAttribute('aria-sort') === 'ascending' ? 'descending' : 'ascending';
  for (const other of headings) other.removeAttribute('aria-sort');
  heading.setAttribute('aria-sort', direction);
  const key = heading.dataset['key'] ?? '';
  const isNumber = heading.dataset['number'] !== undefined;
  const sorted = rows.toSorted((a, b) =>
    compareCells(readCell(a, key), readCell(b, key), isNumber, direction),
  );
  table.tBodies[0]?.append(...sorted);
}

/** What a cell holds; empty where it is missing. */
function readCell(row: HTMLTableRowElement, key: string): string {
  const cell = row.querySelector<HTMLElement>(`[data-key="${key}"]`);
  return cell?.dataset['value'] ?? cell?.textContent?.trim() ?? '';
}
