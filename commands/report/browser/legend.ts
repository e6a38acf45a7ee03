/** The legend beside a chart: a checkbox for each value of its colours. */

import type { Legend } from './interactive-spec.ts';
import { makeElement } from './page.ts';

/** What the legend's boxes do. */
export interface LegendActions {
  /** Called after values were hidden or shown. */
  readonly onChange: () => void;
  /** Called with the value that is pointed at or has the focus; undefined for none. */
  readonly onPoint: (value: string | number | undefined) => void;
  readonly colorOf: (value: string | number) => string;
}

/** A checkbox for each value: unchecked ones are not drawn. */
export function makeLegend(
  legend: Legend,
  hidden: Set<string | number>,
  { onChange, onPoint, colorOf }: LegendActions,
): HTMLElement {
  const list = document.createElement('fieldset');
  list.className = 'legend';
  list.append(makeElement('legend', `Show (${legend.field})`));
  for (const { value, color } of legend.entries) {
    const label = document.createElement('label');
    const box = document.createElement('input');
    box.type = 'checkbox';
    box.checked = !hidden.has(value);
    box.value = String(value);
    box.addEventListener('change', () => {
      if (box.checked) hidden.delete(value);
      else hidden.add(value);
      onChange();
    });
    for (const type of ['pointerenter', 'focusin'])
      label.addEventListener(type, () => onPoint(value));
    for (const type of ['pointerleave', 'focusout'])
      label.addEventListener(type, () => onPoint(undefined));
    const swatch = makeElement('span', '', 'swatch');
    swatch.style.background = color ?? colorOf(value);
    label.append(box, swatch, document.createTextNode(String(value)));
    list.append(label);
  }
  return list;
}
