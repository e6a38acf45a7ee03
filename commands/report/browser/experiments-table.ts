/** The table of experiments, filtered by the controls above it. */

import type { Highlight } from './highlight.ts';
import { addressOfExperiment, type Knowledge } from './look-up.ts';
import { find, makeLink } from './page.ts';

/** What others may do with the table. */
export interface ExperimentsTable {
  /** Shows only these experiments, of those that the controls leave. Null shows all of them. */
  readonly showOnly: (names: ReadonlySet<string> | null) => void;
  /** Shows these instead where it shows some of them only. */
  readonly narrow: (names: ReadonlySet<string>) => void;
}

/** Makes the controls of the table work, its lines lead to the experiments, and those that stand out do so here too. */
export function setUpExperiments(
  highlight: Highlight,
  knowledge: Knowledge | null,
): ExperimentsTable {
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

  for (const row of rows) setUpRow(row, highlight, knowledge);
  highlight.follow((runs) => {
    for (const row of rows)
      row.classList.toggle('lit', runs?.has(row.dataset['name'] ?? '') === true);
  });
  form.addEventListener('input', update);
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('reset', () => {
    only = null;
    setTimeout(update);
  });
  update();
  return {
    showOnly: (names) => {
      only = names;
      update();
    },
    narrow: (names) => {
      if (only === null) return;
      only = names;
      update();
    },
  };
}

/** What a cell holds; empty where it is missing. */
function readCell(row: HTMLTableRowElement, key: string): string {
  const cell = row.querySelector<HTMLElement>(`[data-key="${key}"]`);
  return cell?.dataset['value'] ?? cell?.textContent?.trim() ?? '';
}

function setUpRow(
  row: HTMLTableRowElement,
  highlight: Highlight,
  knowledge: Knowledge | null,
): void {
  const name = row.dataset['name'] ?? '';
  for (const type of ['pointerenter', 'focusin'])
    row.addEventListener(type, () => highlight.point([name]));
  for (const type of ['pointerleave', 'focusout'])
    row.addEventListener(type, () => highlight.point([]));
  if (knowledge?.experiment(name) === undefined) return;
  find('th', row).replaceChildren(makeLink(addressOfExperiment(name), name));
}
