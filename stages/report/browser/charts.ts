/** Draws the figures in place of their pictures: with tooltips, a legend that filters, and brushes. */

import { type BrushTuple, findBrushed } from './brushed.ts';
import type { ExperimentsTable } from './experiments-table.ts';
import {
  BRUSH,
  findLegend,
  HIDDEN,
  type Legend,
  makeInteractive,
  type Part,
} from './interactive-spec.ts';
import { find, makeElement } from './page.ts';

/** What of a Vega view is used here. */
interface View {
  signal(name: string, value: unknown): View;
  runAsync(): Promise<View>;
  data(name: string): readonly Part[];
  addDataListener(
    name: string,
    listener: (name: string, value: readonly BrushTuple[]) => void,
  ): View;
  finalize(): void;
}

declare const vegaEmbed: (
  element: HTMLElement,
  spec: Part,
  options: object,
) => Promise<{
  readonly view: View;
  readonly vgSpec: { readonly data?: readonly { readonly name: string }[] };
}>;

const OPTIONS = {
  mode: 'vega-lite',
  renderer: 'svg',
  // The other entries of the menu lead to a page outside.
  actions: { export: true, source: false, compiled: false, editor: false },
  downloadFileName: 'figure',
};

/** Draws the figure of an element with its spec. */
export async function drawFigure(
  figure: HTMLElement,
  spec: Part,
  table: ExperimentsTable,
): Promise<void> {
  const chart = find('.chart', figure);
  const hidden = new Set<string>();
  let width = chart.clientWidth;
  let view = await embed();
  const legend = findLegend(spec);
  if (legend !== null) {
    find('.legend', figure).replaceWith(
      makeLegend(legend, hidden, () => view.signal(HIDDEN, [...hidden]).runAsync()),
    );
  }
  // A chart is laid out for a width; it is laid out again where that changes.
  new ResizeObserver(() => {
    if (chart.clientWidth === width || chart.clientWidth === 0) return;
    width = chart.clientWidth;
    view.finalize();
    void embed().then((drawn) => {
      view = drawn;
    });
  }).observe(chart);

  async function embed(): Promise<View> {
    const target = document.createElement('div');
    const { view: drawn, vgSpec } = await vegaEmbed(target, makeInteractive(spec, width), OPTIONS);
    target.querySelector('summary')?.setAttribute('aria-label', 'Save this chart');
    chart.replaceChildren(target);
    figure.dataset['drawn'] = '';
    await drawn.signal(HIDDEN, [...hidden]).runAsync();
    listen(figure, drawn, vgSpec.data ?? [], spec, table);
    return drawn;
  }
}

/** Tells which runs a brush takes in, and shows them in the table where that is asked for. */
function listen(
  figure: HTMLElement,
  view: View,
  data: readonly { readonly name: string }[],
  spec: Part,
  table: ExperimentsTable,
): void {
  const brushed = find('.brushed', figure);
  const rows = (spec['data'] as { readonly values?: readonly Part[] } | undefined)?.values ?? [];
  for (const { name } of data) {
    if (!name.startsWith(`${BRUSH}_`) || !name.endsWith('_store')) continue;
    view.addDataListener(name, (_, tuples) => {
      const runs = findBrushed(rows, tuples);
      if (runs === null) {
        brushed.replaceChildren();
        table.showOnly(null);
        return;
      }
      const count = `${runs.length} ${runs.length === 1 ? 'run' : 'runs'} in the brush: `;
      const link = makeElement('a', 'show them in the table');
      link.href = '#experiments-heading';
      link.addEventListener('click', () => table.showOnly(new Set(runs)));
      brushed.replaceChildren(makeElement('span', `${count}${runs.join(', ')} `), link);
    });
  }
}

/** A checkbox for each value: unchecked ones are not drawn. */
function makeLegend(legend: Legend, hidden: Set<string>, onChange: () => void): HTMLElement {
  const list = document.createElement('fieldset');
  list.className = 'legend';
  list.append(makeElement('legend', `Show (${legend.field})`));
  for (const { value, color } of legend.entries) {
    const label = document.createElement('label');
    const box = document.createElement('input');
    box.type = 'checkbox';
    box.checked = true;
    box.value = value;
    box.addEventListener('change', () => {
      if (box.checked) hidden.delete(value);
      else hidden.add(value);
      onChange();
    });
    const swatch = makeElement('span', '', 'swatch');
    swatch.style.background = color;
    label.append(box, swatch, document.createTextNode(value));
    list.append(label);
  }
  return list;
}
