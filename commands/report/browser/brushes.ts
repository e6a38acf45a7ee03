/** The brush of the page: which runs it takes in, and how it stays when its chart is drawn again. */

import { type BrushTuple, type Drawn, findBrushed } from './brushed.ts';
import type { ExperimentsTable } from './experiments-table.ts';
import type { Highlight } from './highlight.ts';
import { BRUSH } from './interactive-spec.ts';
import { find, makeElement } from './page.ts';
import type { SpecPart } from './spec-parts.ts';
import type { ChartView, EmbeddedChart, SceneItem, SceneMark } from './vega-view.ts';

/** The figure whose brush was drawn last: there is one on the page, so that what it says is what is seen. */
let latest: BrushedRuns | null = null;

/** A panel that can be brushed, in a view. */
interface Panel {
  readonly brush: string;
  readonly group: SceneItem;
  /** Sets the panel's brush, in pixels; two equal ones for none. */
  readonly set: (pixels: readonly [number, number]) => void;
  readonly toPixels: (values: readonly [number, number]) => readonly [number, number];
}

/** Tells which runs a brush of a figure takes in, and shows them in the table where that is asked for. */
export class BrushedRuns {
  readonly #place: HTMLElement;
  readonly #rows: readonly SpecPart[];
  readonly #drawn: Drawn;
  readonly #table: ExperimentsTable;
  readonly #highlight: Highlight;
  #panels: readonly Panel[] = [];
  #view: ChartView | null = null;
  /** The brush that is drawn, by the name of its selection. */
  #current: { readonly brush: string; readonly tuple: BrushTuple } | null = null;

  constructor(
    figure: HTMLElement,
    rows: readonly SpecPart[],
    drawn: Drawn,
    table: ExperimentsTable,
    highlight: Highlight,
  ) {
    this.#place = find('.brushed', figure);
    this.#rows = rows;
    this.#drawn = drawn;
    this.#table = table;
    this.#highlight = highlight;
  }

  /** Follows the brushes of a chart that was drawn just now, after it has got the brush that the last one had. */
  async follow({ view, vgSpec }: EmbeddedChart): Promise<void> {
    this.#view = view;
    this.#panels = listPanels(view, JSON.stringify(vgSpec));
    const { brush, tuple } = this.#current ?? {};
    const panel = this.#panels.find(
      (one) => one.brush === brush && tuple !== undefined && this.#isIn(one, tuple),
    );
    const [range] = tuple?.values ?? [];
    if (panel !== undefined && range !== undefined) {
      panel.set(panel.toPixels(range));
      await view.runAsync();
    } else this.#choose(null);
    for (const { name } of vgSpec.data ?? []) {
      const [, one] = new RegExp(`^(${BRUSH}_\\d+)_store$`).exec(name) ?? [];
      if (one === undefined) continue;
      view.addDataListener(name, (_, tuples: readonly BrushTuple[]) => {
        const [first] = tuples;
        if (first !== undefined) this.#choose({ brush: one, tuple: first });
        else if (this.#current?.brush === one) this.#choose(null);
      });
    }
  }

  /** Tells it again: what is drawn may have changed. */
  tell(): void {
    if (this.#current === null) {
      this.#place.replaceChildren();
      return;
    }
    const runs = findBrushed(this.#rows, [this.#current.tuple], this.#drawn) ?? [];
    this.#highlight.choose(runs);
    this.#table.narrow(new Set(runs));
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

  #choose(chosen: { readonly brush: string; readonly tuple: BrushTuple } | null): void {
    const before = this.#current;
    this.#current = chosen;
    if (chosen !== null) {
      if (latest !== null && latest !== this) latest.#clear();
      latest = this;
      // A brush in another panel of this figure.
      if (before !== null && before.brush !== chosen.brush) this.#clearPanels(before.brush);
    } else if (before !== null && latest === this) {
      latest = null;
      this.#highlight.choose(null);
      this.#table.showOnly(null);
    }
    this.tell();
  }

  /** Lets go of the brush. */
  #clear(): void {
    const { brush } = this.#current ?? {};
    this.#choose(null);
    if (brush !== undefined) this.#clearPanels(brush);
  }

  #clearPanels(brush: string): void {
    for (const panel of this.#panels) if (panel.brush === brush) panel.set([0, 0]);
    void this.#view?.runAsync();
  }

  /** Whether a brush was drawn in this panel, of those that share a selection. */
  #isIn({ group }: Panel, { unit }: BrushTuple): boolean {
    const { facet } = this.#drawn;
    if (facet === null || unit?.includes('__facet_') !== true) return true;
    return unit.endsWith(`__facet_facet_${group.datum?.[facet]}`);
  }
}

/** The panels of a view that can be brushed. @param compiled its specification, as JSON */
function listPanels(view: ChartView, compiled: string): readonly Panel[] {
  const { root } = view.scenegraph();
  const panels: Panel[] = [];
  const walk = (mark: SceneMark) => {
    for (const group of mark.items ?? []) {
      if (group.items === undefined) continue;
      const own = mark.role === 'frame' || mark.role === 'scope' || mark.name === 'root';
      if (own) panels.push(...findBrushes(view, root, group, compiled));
      for (const inner of group.items) walk(inner);
    }
  };
  walk(root);
  return panels;
}

function findBrushes(
  view: ChartView,
  root: SceneMark,
  group: SceneItem,
  compiled: string,
): readonly Panel[] {
  const { signals = {}, scales = {} } = group.context ?? {};
  return Object.entries(signals).flatMap(([signal, pixels]): Panel[] => {
    const [, brush] = new RegExp(`^(${BRUSH}_\\d+)_x$`).exec(signal) ?? [];
    const [, name] =
      new RegExp(`invert\\(\\\\"([^"\\\\]*)\\\\", ${signal}\\)`).exec(compiled) ?? [];
    const scale =
      name === undefined ? undefined : (scales[name] ?? root.items?.[0]?.context?.scales?.[name]);
    if (brush === undefined || scale === undefined) return [];
    return [
      {
        brush,
        group,
        set: (range) => {
          // What tells panels of one selection apart is the facet that the pointer was over last.
          const { facet } = signals;
          if (facet !== undefined && group.datum !== undefined) view.update(facet, group.datum);
          view.update(pixels, range);
        },
        toPixels: ([from, to]) => [scale.value(from), scale.value(to)],
      },
    ];
  });
}
