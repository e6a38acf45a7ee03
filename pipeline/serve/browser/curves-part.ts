/** What the nodes that run have measured, and those that ended last: a panel a metric, a line a node. */

import type { NodeCurves, RunView } from '../run-view.ts';
import { addressOf } from './address.ts';
import { Chart, type ChartLine, hueOf } from './chart.ts';
import { make, makeSection } from './dom.ts';
import type { LiveState } from './live-state.ts';
import type { PagePart } from './page-part.ts';

/** So many lines can be told apart in a panel, and so many panels be looked at. */
const MOST_LINES = 20;
const MOST_PANELS = 12;

/** The section of curves, which is there when there are any. */
export class CurvesPart implements PagePart {
  readonly element: HTMLElement;
  readonly #panels = make('div', { class: 'panels' });
  readonly #keys = make('ul', { class: 'keys' });
  readonly #log = make('input', { type: 'checkbox', id: 'log-scale' });
  readonly #charts = new Map<string, Chart>();
  readonly #seen = new Set<Element>();
  readonly #observer: IntersectionObserver;
  /** Panels that are to be drawn. */
  readonly #queue = new Map<string, () => void>();
  /** What was drawn of each panel. */
  readonly #drawn = new Map<string, string>();
  /** The place of each node among the colours, as long as it is shown. */
  readonly #places = new Map<string, number>();

  constructor() {
    const label = make('label', { for: 'log-scale' }, this.#log, ' logarithmic');
    const { element, body } = makeSection('curves', 'Learning curves');
    this.element = element;
    body.append(make('p', { class: 'controls' }, label), this.#panels, this.#keys);
    this.#observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) this.#seen.add(target);
        else this.#seen.delete(target);
      }
    });
    // Colours and widths are others then.
    const forget = () => this.#drawn.clear();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', forget);
    addEventListener('resize', forget);
  }

  /** See {@link PagePart}. */
  draw({ view }: LiveState): void {
    const chosen = chooseNodes(view);
    this.element.hidden = chosen.length === 0;
    this.#place(chosen.map(([name]) => name));
    const metrics = [...new Set(chosen.flatMap(([, curves]) => [...curves.keys()]))];
    const shown = metrics.slice(0, MOST_PANELS);
    for (const [metric, { element }] of this.#charts) {
      if (shown.includes(metric)) continue;
      this.#observer.unobserve(element);
      element.remove();
      this.#charts.delete(metric);
      this.#drawn.delete(metric);
    }
    for (const metric of shown) this.#drawPanel(metric, chosen);
    this.#drawKeys(chosen, view);
  }

  /** Has a panel drawn where it is seen and has something new. */
  #drawPanel(metric: string, chosen: readonly (readonly [string, NodeCurves])[]): void {
    let chart = this.#charts.get(metric);
    if (chart === undefined) {
      chart = new Chart(metric);
      this.#charts.set(metric, chart);
      this.#panels.append(chart.element);
      this.#observer.observe(chart.element);
    }
    if (!this.#seen.has(chart.element)) return;
    const lines = chosen.flatMap(([name, curves]): ChartLine[] => {
      const series = curves.get(metric);
      return series === undefined ? [] : [{ name, series, index: this.#places.get(name) ?? 0 }];
    });
    const isLog = this.#log.checked;
    const key = `${isLog} ${lines.map(({ index, series }) => `${index}:${series.count}`).join()}`;
    if (this.#drawn.get(metric) === key) return;
    this.#drawn.set(metric, key);
    const isQueued = this.#queue.size > 0;
    this.#queue.set(metric, () => chart.draw(lines, isLog));
    if (!isQueued) requestAnimationFrame(() => this.#drawNext());
  }

  /** Draws one panel a frame: the browser paints it within that. */
  #drawNext(): void {
    const [[metric, draw] = []] = this.#queue;
    if (metric === undefined || draw === undefined) return;
    this.#queue.delete(metric);
    draw();
    if (this.#queue.size > 0) requestAnimationFrame(() => this.#drawNext());
  }

  /** Gives each node a colour, which it keeps. */
  #place(names: readonly string[]): void {
    for (const name of this.#places.keys()) if (!names.includes(name)) this.#places.delete(name);
    const taken = new Set(this.#places.values());
    let next = 0;
    for (const name of names) {
      if (this.#places.has(name)) continue;
      while (taken.has(next)) next += 1;
      this.#places.set(name, next);
      taken.add(next);
    }
  }

  #drawKeys(chosen: readonly (readonly [string, NodeCurves])[], view: RunView): void {
    const names = chosen.map(([name]) => `${name}${view.running.has(name) ? '' : ' (ended)'}`);
    const key = names.join('\n');
    if (this.#keys.dataset['key'] === key) return;
    this.#keys.dataset['key'] = key;
    this.#keys.replaceChildren(
      ...chosen.map(([name], i) =>
        make(
          'li',
          {},
          make('span', { class: `key ${hueOf(this.#places.get(name) ?? 0)}` }),
          make('a', { href: addressOf({ node: name }) }, names[i] ?? name),
        ),
      ),
    );
  }
}

/** The nodes whose curves are shown: those that run first, then those that ended last. */
function chooseNodes({ curves, running }: RunView): readonly (readonly [string, NodeCurves])[] {
  const all = [...curves];
  const now = all.filter(([name]) => running.has(name)).slice(0, MOST_LINES);
  const before = all.filter(([name]) => !running.has(name)).reverse();
  return [...now, ...before.slice(0, MOST_LINES - now.length)];
}
