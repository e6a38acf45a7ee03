/** What a mark that is pointed at stands for: told in a line below the chart, where it covers no other mark. */

import type { SceneItem } from './vega-view.ts';

/** Fields that are told of a row whose mark tells nothing by itself. */
const FIELDS = ['experiment', 'run', 'p', 'step', 'epoch', 'loss', 'accuracy', 'test_error'];

/** Tells what a mark stands for in an element: what its figure has it tell, else of its row; null for none. */
export function tellItem(place: HTMLElement, item: SceneItem | null): void {
  const row = item?.datum ?? {};
  const known = FIELDS.flatMap((field) => (row[field] == null ? [] : [[field, row[field]]]));
  tellValues(place, item?.tooltip ?? Object.fromEntries(known));
}

/** Tells names and values, in place of what was told before; nothing where there are none. */
export function tellValues(place: HTMLElement, values: unknown): void {
  if (typeof values !== 'object' || values === null) {
    place.replaceChildren();
    return;
  }
  place.replaceChildren(
    ...Object.entries(values).flatMap(([name, content]) => {
      const label = document.createElement('span');
      label.textContent = `${name.replaceAll('_', ' ')} `;
      const told = document.createElement('b');
      told.textContent = tellContent(String(content));
      label.append(told);
      return [label, document.createTextNode(' ')];
    }),
  );
}

/** Numbers to four significant digits where they have more behind the point; yes and no. */
function tellContent(text: string): string {
  if (text === 'true') return 'yes';
  if (text === 'false') return 'no';
  if (!/^-?\d+\.\d{4,}(?:e[+-]?\d+)?$|^-?\d(?:\.\d{4,})?e-\d+$/.test(text)) return text;
  const value = Number(text);
  return String(Number(value.toPrecision(Math.abs(value) >= 1000 ? 6 : 4)));
}
