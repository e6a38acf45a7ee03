/** Draws the figures in place of their pictures: with what marks tell, a legend that filters, and brushes. */

import { breakLabels } from './break-labels.ts';
import type { Drawn } from './brushed.ts';
import { BrushedRuns } from './brushes.ts';
import { setUpKeys } from './chart-keys.ts';
import { darkenColor, darkenSpec } from './dark-colors.ts';
import type { ExperimentsTable } from './experiments-table.ts';
import { findFacet, findLegend, type Legend } from './find-legend.ts';
import type { Highlight } from './highlight.ts';
import { HIDDEN, makeInteractive } from './interactive-spec.ts';
import { makeLegend } from './legend.ts';
import { findPointed, lightMarks, runsOf } from './marks.ts';
import { find } from './page.ts';
import { tellItem, tellValues } from './pointed.ts';
import type { SpecPart } from './spec-parts.ts';
import {
  type ChartView,
  DARK,
  type EmbeddedChart,
  embedChart,
  type SceneItem,
} from './vega-view.ts';
import { narrowPictures, wrapPictures } from './wrap-pictures.ts';

/** Pixels of a panel below which a chart is scrolled rather than made narrower. */
const LEAST_PANEL = 90;
/** The width that charts are laid out for to be printed, and made smaller to fit the page, in pixels. */
const PAPER_ROOM = 980;
/** Pixels that a pointer may move within a click. */
const CLICK_REACH = 4;

/** What is done one after the other to a chart, with panels as narrow as they may be, as long as it is too wide. */
const NARROWINGS: readonly ((spec: SpecPart, width: number) => SpecPart)[] = [
  (spec) => spec,
  breakLabels,
  narrowPictures,
  wrapPictures,
];

/** What of the page a figure has to do with. */
export interface FigurePage {
  readonly table: ExperimentsTable;
  readonly highlight: Highlight;
  /** Opens what there is of a run. */
  readonly openRun: (run: string) => void;
  /** What is told of a run that is meant as a whole, by name. */
  readonly describeRun: (run: string) => Readonly<Record<string, unknown>>;
}

/** Draws the figure of an element with its spec. */
export async function drawFigure(
  figure: HTMLElement,
  spec: SpecPart,
  { table, highlight, openRun, describeRun }: FigurePage,
): Promise<void> {
  const chart = find('.chart', figure);
  const pointed = find('.pointed', figure);
  const hidden = new Set<string | number>();
  const rows =
    (spec['data'] as { readonly values?: readonly SpecPart[] } | undefined)?.values ?? [];
  const legend = findLegend(spec);
  const drawn: Drawn = { facet: findFacet(spec), legend: legend?.field ?? null, hidden };
  const brushes = new BrushedRuns(figure, rows, drawn, table, highlight);
  let width = chart.clientWidth;
  let view: ChartView | null = null;
  let turn = 0;
  let isForPaper = false;
  await drawAgain();
  chart.addEventListener('pointerleave', () => {
    highlight.point([]);
    tellItem(pointed, null);
  });
  // A chart is laid out for a width; it is laid out again where that changes.
  new ResizeObserver(() => {
    if (chart.clientWidth === width || chart.clientWidth === 0) return;
    width = chart.clientWidth;
    void drawAgain();
  }).observe(chart);
  DARK.addEventListener('change', () => void drawAgain());
  // Nothing is waited for in drawing, so that it is done before the page is printed.
  for (const type of ['beforeprint', 'afterprint'])
    addEventListener(type, () => {
      isForPaper = type === 'beforeprint';
      void drawAgain();
    });
  highlight.follow((runs) => lightMarks(chart, runs));
  const listRuns = () => [
    ...new Set(
      rows
        .filter((row) => legend === null || !hidden.has(row[legend.field] as string))
        .flatMap(runsOf),
    ),
  ];
  // By keyboard a chart is gone through, and scrolled where it cannot be made narrower.
  chart.tabIndex = 0;
  setUpKeys(chart, {
    list: listRuns,
    show: (run) => {
      highlight.point(run === null ? [] : [run]);
      tellValues(pointed, run === null ? null : describeRun(run));
      requestAnimationFrame(() =>
        chart.querySelector('.lit')?.scrollIntoView({ block: 'nearest', inline: 'nearest' }),
      );
    },
    open: openRun,
  });

  async function drawAgain(): Promise<void> {
    const current = ++turn;
    const isDark = DARK.matches && !isForPaper;
    const shown = isDark ? darkenSpec(spec) : spec;
    let made = await embedAt(shown);
    // What stands beside its panels is known once they are drawn.
    const excess = isForPaper ? 0 : chart.scrollWidth - chart.clientWidth;
    let narrowed: SpecPart | null = null;
    for (const narrow of NARROWINGS) {
      if (isForPaper || chart.scrollWidth <= chart.clientWidth) break;
      const narrower: SpecPart = narrow(narrowed ?? shown, width);
      if (narrower === narrowed) continue;
      narrowed = narrower;
      made.view.finalize();
      made = await embedAt(narrowed, excess);
    }
    // Another drawing has begun meanwhile.
    if (current !== turn) {
      made.view.finalize();
      return;
    }
    view?.finalize();
    view = made.view;
    chart.dataset['theme'] = isDark ? 'dark' : 'light';
    chart.toggleAttribute('data-wide', chart.scrollWidth > chart.clientWidth);
    await view.signal(HIDDEN, [...hidden]).runAsync();
    await brushes.follow(made);
    followMarks(view);
    if (legend !== null) find('.legend', figure).replaceWith(showLegend(legend, view));
    lightMarks(chart, highlight.runs);
    figure.dataset['drawn'] = '';
  }

  async function embedAt(shown: SpecPart, excess = 0): Promise<EmbeddedChart> {
    const target = document.createElement('div');
    const fitted = makeInteractive(
      shown,
      isForPaper ? PAPER_ROOM : width,
      excess === 0 ? undefined : { excess, least: LEAST_PANEL },
    );
    const made = await embedChart(target, fitted, { tooltip: () => {} });
    chart.replaceChildren(target);
    return made;
  }

  /** A run that is pointed at stands out everywhere; a click opens it. */
  function followMarks(of: ChartView): void {
    let pressed: PointerEvent | null = null;
    const tell = (item: SceneItem | null) => {
      highlight.point(runsOf(item?.datum));
      tellItem(pointed, item);
    };
    of.addEventListener('pointermove', (event, item) =>
      tell(findPointed(chart, event, item ?? null)),
    );
    of.addEventListener('pointerdown', (event) => {
      pressed = event;
    });
    of.addEventListener('click', (event, item) => {
      const isDrag =
        pressed !== null &&
        Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY) > CLICK_REACH;
      const [run] = isDrag ? [] : runsOf(findPointed(chart, event, item ?? null)?.datum);
      if (run === undefined) return;
      chart.focus({ preventScroll: true });
      openRun(run);
    });
  }

  function showLegend({ field, entries }: Legend, of: ChartView): HTMLElement {
    const shown = entries.map(({ color, ...entry }) => ({
      ...entry,
      color: color !== null && DARK.matches && !isForPaper ? darkenColor(color) : color,
    }));
    return makeLegend({ field, entries: shown }, hidden, {
      colorOf: (value) => of.scale('color')(value),
      onPoint: (value) =>
        highlight.point(
          value === undefined ? [] : rows.filter((row) => row[field] === value).flatMap(runsOf),
        ),
      onChange: () => {
        void of
          .signal(HIDDEN, [...hidden])
          .runAsync()
          .then(() => lightMarks(chart, highlight.runs));
        brushes.tell();
      },
    });
  }
}
