/** Draws the figures in place of their pictures: with tooltips, a legend that filters, and brushes. */

import { type BrushTuple, type Drawn, findBrushed } from './brushed.ts';
import { darkenColor, darkenSpec } from './dark-colors.ts';
import type { ExperimentsTable } from './experiments-table.ts';
import {
  BRUSH,
  findFacet,
  findLegend,
  HIDDEN,
  type Legend,
  makeInteractive,
  type SpecPart,
} from './interactive-spec.ts';
import { find, makeElement } from './page.ts';
import { tellMarks } from './pointed.ts';

/** What of a Vega view is used here. */
interface View {
  signal(name: string, value: unknown): View;
  scale(name: string): (value: string | number) => string;
  runAsync(): Promise<View>;
  data(name: string): readonly SpecPart[];
  addDataListener(
    name: string,
    listener: (name: string, value: readonly BrushTuple[]) => void,
  ): View;
  finalize(): void;
}

declare const vegaEmbed: (
  element: HTMLElement,
  spec: SpecPart,
  options: object,
) => Promise<{
  readonly view: View;
  readonly vgSpec: { readonly data?: readonly { readonly name: string }[] };
}>;

const DARK = window.matchMedia('(prefers-color-scheme: dark)');
/** Pixels of a panel below which a chart is scrolled rather than made narrower. */
const LEAST_PANEL = 90;

/** Draws the figure of an element with its spec. */
export async function drawFigure(
  figure: HTMLElement,
  spec: SpecPart,
  table: ExperimentsTable,
): Promise<void> {
  const chart = find('.chart', figure);
  const hidden = new Set<string | number>();
  const options = {
    mode: 'vega-lite',
    renderer: 'svg',
    // Its menu would lie over marks; the files of the figure are linked below it.
    actions: false,
    tooltip: tellMarks(find('.pointed', figure)),
  };
  const legend = findLegend(spec);
  const drawn: Drawn = { facet: findFacet(spec), legend: legend?.field ?? null, hidden };
  const brushes = new BrushedRuns(figure, spec, drawn, table);
  let width = chart.clientWidth;
  let view = await embed();
  if (legend !== null) find('.legend', figure).replaceWith(showLegend(legend));
  const drawAgain = () => {
    view.finalize();
    void embed().then((drawn) => {
      view = drawn;
      if (legend !== null) find('.legend', figure).replaceWith(showLegend(legend));
    });
  };
  // A chart is laid out for a width; it is laid out again where that changes.
  new ResizeObserver(() => {
    if (chart.clientWidth === width || chart.clientWidth === 0) return;
    width = chart.clientWidth;
    drawAgain();
  }).observe(chart);
  DARK.addEventListener('change', drawAgain);

  async function embed(): Promise<View> {
    const shown = DARK.matches ? darkenSpec(spec) : spec;
    let made = await embedAt(shown, 0);
    // What stands beside its panels is known once they are drawn.
    const excess = chart.scrollWidth - chart.clientWidth;
    if (excess > 0) {
      made.view.finalize();
      made = await embedAt(shown, excess);
    }
    chart.dataset['theme'] = DARK.matches ? 'dark' : 'light';
    // A figure that cannot be made narrower is scrolled: by keyboard, where it has the focus.
    chart.tabIndex = chart.scrollWidth > chart.clientWidth ? 0 : -1;
    figure.dataset['drawn'] = '';
    await made.view.signal(HIDDEN, [...hidden]).runAsync();
    brushes.listen(made.view, made.vgSpec.data ?? []);
    return made.view;
  }

  async function embedAt(shown: SpecPart, excess: number) {
    const target = document.createElement('div');
    const fitted = makeInteractive(
      shown,
      width,
      excess === 0 ? undefined : { excess, least: LEAST_PANEL },
    );
    const made = await vegaEmbed(target, fitted, options);
    chart.replaceChildren(target);
    return made;
  }

  function showLegend({ field, entries }: Legend): HTMLElement {
    const shown = entries.map(({ value, color }) => ({
      value,
      color: color !== null && DARK.matches ? darkenColor(color) : color,
    }));
    return makeLegend(
      { field, entries: shown },
      hidden,
      (value) => view.scale('color')(value),
      () => {
        void view.signal(HIDDEN, [...hidden]).runAsync();
        brushes.tell();
      },
    );
  }
}

/** Tells which runs a brush takes in, and shows them in the table where that is asked for. */
class BrushedRuns {
  readonly #place: HTMLElement;
  readonly #rows: readonly SpecPart[];
  readonly #drawn: Drawn;
  readonly #table: ExperimentsTable;
  #tuples: readonly BrushTuple[] = [];

  constructor(figure: HTMLElement, spec: SpecPart, drawn: Drawn, table: ExperimentsTable) {
    this.#place = find('.brushed', figure);
    this.#rows =
      (spec['data'] as { readonly values?: readonly SpecPart[] } | undefined)?.values ?? [];
    this.#drawn = drawn;
    this.#table = table;
  }

  /** Follows the brushes of a view, given the names of its data. */
  listen(view: View, data: readonly { readonly name: string }[]): void {
    for (const { name } of data) {
      if (!name.startsWith(`${BRUSH}_`) || !name.endsWith('_store')) continue;
      view.addDataListener(name, (_, tuples) => {
        this.#tuples = tuples;
        this.tell();
      });
    }
  }

  /** Tells it again: what is drawn may have changed. */
  tell(): void {
    const runs = findBrushed(this.#rows, this.#tuples, this.#drawn);
    if (runs === null) {
      this.#place.replaceChildren();
      this.#table.showOnly(null);
      return;
    }
    const count = `${runs.length} ${runs.length === 1 ? 'run' : 'runs'} in the brush`;
    const names = runs.length === 0 ? '' : `: ${runs.join(', ')} `;
    const link = makeElement('a', 'show them in the table');
    link.href = '#experiments-heading';
    link.addEventListener('click', () => this.#table.showOnly(new Set(runs)));
    this.#place.replaceChildren(
      makeElement('span', `${count}${names}`),
      ...(runs.length === 0 ? [] : [link]),
    );
  }
}

/** A checkbox for each value: unchecked ones are not drawn. */
function makeLegend(
  legend: Legend,
  hidden: Set<string | number>,
  colorOf: (value: string | number) => string,
  onChange: () => void,
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
    const swatch = makeElement('span', '', 'swatch');
    swatch.style.background = color ?? colorOf(value);
    label.append(box, swatch, document.createTextNode(String(value)));
    list.append(label);
  }
  return list;
}
