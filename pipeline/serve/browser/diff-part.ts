/** In what two runs differ: what was asked, code and parameters, metrics, and curves over each other. */

import type { MovedMetric } from '../../history/compare-runs.ts';
import type { Series } from '../series.ts';
import { addressOf, readAddressed, setAddress } from './address.ts';
import { Chart, hueOf } from './chart.ts';
import { make, makeSection } from './dom.ts';
import { wordNumber } from './live-words.ts';
import type { PagePart } from './page-part.ts';

/** What `diff` answers, as far as it is used here. */
interface DiffAnswer {
  readonly text: string;
  readonly difference: {
    readonly changed: readonly { readonly node: string }[];
    readonly metrics: readonly MovedMetric[];
  };
}

/** So many metrics are listed, and the curves of so many nodes drawn. */
const MOST_METRICS = 200;
const MOST_NODES = 12;

/** The section that compares two runs, which is there when two are chosen. */
export class DiffPart implements PagePart {
  readonly element: HTMLElement;
  readonly #body = make('div');
  #shown: string | null = null;

  constructor() {
    const close = make(
      'button',
      { type: 'button', click: () => setAddress({ diff: null }) },
      'Close',
    );
    const { element, body } = makeSection('diff', 'Two runs compared', close);
    this.element = element;
    element.tabIndex = -1;
    body.append(this.#body);
  }

  /** See {@link PagePart}. */
  draw(): void {
    const { diff } = readAddressed();
    this.element.hidden = diff === null;
    if (diff === this.#shown) return;
    this.#shown = diff;
    this.#body.replaceChildren();
    if (diff === null) return;
    this.element.scrollIntoView();
    this.element.focus({ preventScroll: true });
    void this.#fill(diff);
  }

  async #fill(diff: string): Promise<void> {
    const [before = '', after = ''] = diff.split(',');
    const query = `before=${encodeURIComponent(before)}&after=${encodeURIComponent(after)}`;
    const answer = await fetch(`diff?${query}`).catch(() => null);
    if (diff !== this.#shown) return;
    if (answer === null || !answer.ok) {
      const why = answer === null ? 'the server does not answer' : await answer.text();
      this.#body.replaceChildren(make('p', {}, why));
      return;
    }
    const { text, difference } = (await answer.json()) as DiffAnswer;
    const curves = make('div', { class: 'panels' });
    this.#body.replaceChildren(
      make('pre', { tabindex: 0, role: 'region', 'aria-label': 'what differs' }, text),
      listMetrics(difference.metrics),
      curves,
    );
    const nodes = [
      ...difference.metrics.map(({ node }) => node),
      ...difference.changed.map(({ node }) => node),
    ];
    for (const node of [...new Set(nodes)].slice(0, MOST_NODES)) {
      const sides = await Promise.all([before, after].map((run) => fetchCurves(run, node)));
      if (diff !== this.#shown) return;
      drawBoth(curves, node, sides);
    }
  }
}

/** Draws the curves that a node has in one of the runs or in both, over each other. */
function drawBoth(
  place: HTMLElement,
  node: string,
  sides: readonly ReadonlyMap<string, Series>[],
): void {
  const metrics = new Set(sides.flatMap((one) => [...one.keys()]));
  for (const metric of metrics) {
    const chart = new Chart(`${node}: ${metric}`);
    const keys = ['before', 'after'].map((name, i) =>
      make('li', {}, make('span', { class: `key ${hueOf(i)}` }), name),
    );
    chart.element.append(make('ul', { class: 'keys' }, ...keys));
    place.append(chart.element);
    const lines = ['before', 'after'].flatMap((name, index) => {
      const series = sides[index]?.get(metric);
      return series === undefined ? [] : [{ name, series, index }];
    });
    chart.draw(lines, false);
  }
}

async function fetchCurves(run: string, node: string): Promise<ReadonlyMap<string, Series>> {
  const address = `node?run=${encodeURIComponent(run)}&node=${encodeURIComponent(node)}`;
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok) return new Map();
  return new Map(((await answer.json()) as { curves: [string, Series][] }).curves);
}

function listMetrics(metrics: readonly MovedMetric[]): HTMLElement {
  if (metrics.length === 0) return make('p', { class: 'soft' }, 'No metric differs.');
  const names = ['node', 'metric', 'before', 'after', 'change'];
  const head = make('tr', {}, ...names.map((name) => make('th', { scope: 'col' }, name)));
  const rows = metrics.slice(0, MOST_METRICS).map(({ node, metric, before, after }) => {
    const change =
      typeof before === 'number' && typeof after === 'number' ? wordNumber(after - before) : '';
    const cells = [metric, wordValue(before), wordValue(after), change];
    const link = make('a', { href: addressOf({ node }) }, node);
    return make(
      'tr',
      {},
      make('th', { scope: 'row' }, link),
      ...cells.map((text) => make('td', {}, text)),
    );
  });
  const more = metrics.length - rows.length;
  return make(
    'div',
    { class: 'scroll', role: 'region', 'aria-label': 'metrics', tabindex: 0 },
    make('table', { class: 'nodes' }, make('thead', {}, head), make('tbody', {}, ...rows)),
    more > 0 ? make('p', { class: 'soft' }, `and ${more} more`) : null,
  );
}

function wordValue(value: MovedMetric['before']): string {
  if (value === null) return '–';
  return typeof value === 'number' ? wordNumber(value) : String(value);
}
