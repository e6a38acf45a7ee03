/** The legend beside a chart: a checkbox for each value of its colours. */

import type { Legend } from './find-legend.ts';
import { makeElement } from './page.ts';

/** What the legend's boxes do. */
export interface LegendActions {
  /** Called after values were hidden or shown. */
  readonly onChange: () => void;
  /** Called with the value that is pointed at or has the focus; undefined for none. */
  readonly onPoint: (value: string | number | undefined) => void;
  readonly colorOf: (value: string | number) => string;
}

/** A checkbox for each value: unchecked ones are not drawn, a double click shows one alone. */
export function makeLegend(
  legend: Legend,
  hidden: Set<string | number>,
  { onChange, onPoint, colorOf }: LegendActions,
): HTMLElement {
  const list = document.createElement('fieldset');
  list.className = 'legend';
  list.append(makeElement('legend', `Show (${legend.field})`));
  const boxes = new Map<string | number, HTMLInputElement>();
  /** Shows a value alone, or all again where it is alone already. */
  const showAlone = (value: string | number) => {
    const others = [...boxes.keys()].filter((one) => one !== value);
    const isAlone = !hidden.has(value) && others.every((one) => hidden.has(one));
    hidden.clear();
    if (!isAlone) for (const one of others) hidden.add(one);
    for (const [one, box] of boxes) box.checked = !hidden.has(one);
    onChange();
  };
  for (const { value, color, shape } of legend.entries) {
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
    boxes.set(value, box);
    label.addEventListener('dblclick', () => showAlone(value));
    for (const type of ['pointerenter', 'focusin'])
      label.addEventListener(type, () => onPoint(value));
    for (const type of ['pointerleave', 'focusout'])
      label.addEventListener(type, () => onPoint(undefined));
    const swatch = makeElement('span', '', 'swatch');
    if (shape !== undefined) swatch.dataset['shape'] = shape;
    swatch.style.background = color ?? colorOf(value);
    label.append(box, swatch, document.createTextNode(String(value)));
    list.append(label);
  }
  return list;
}
