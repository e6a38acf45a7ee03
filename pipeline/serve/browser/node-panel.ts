/** What is known of one node: its state, its attempts, its curves, its log. */

import type { LoggedAttempt } from '../../history/attempts.ts';
import type { NodeView } from '../run-view.ts';
import type { Series } from '../series.ts';
import { setAddress } from './address.ts';
import { Chart } from './chart.ts';
import { make, setText } from './dom.ts';
import type { LiveState } from './live-state.ts';
import { tellBytes, VIEW_WORDS, wordDuration } from './live-words.ts';
import { LogView } from './log-view.ts';

/** What `node` answers. */
interface NodeAnswer {
  readonly attempts: readonly LoggedAttempt[];
  readonly without: 'cached' | 'skipped' | null;
  readonly curves: readonly (readonly [string, Series])[];
}

/** The panel beside the page. */
export class NodePanel {
  readonly #dialog: HTMLDialogElement;
  readonly #state: LiveState;
  #shown: { readonly run: string; readonly node: string } | null = null;
  #log: LogView | null = null;
  #facts = make('p');
  #charts = make('div', { class: 'panels' });
  #drawn = '';

  constructor(dialog: HTMLDialogElement, state: LiveState) {
    this.#dialog = dialog;
    this.#state = state;
    dialog.addEventListener('close', () => {
      this.#leave();
      setAddress({ node: null });
    });
    // A click beside it.
    dialog.addEventListener('click', ({ target }) => {
      if (target === dialog) dialog.close();
    });
  }

  /** Shows a node of the run that is shown; null for none. */
  show(node: string | null): void {
    const { run } = this.#state;
    if (node === null || run === null) {
      if (this.#dialog.open) this.#dialog.close();
      return;
    }
    if (this.#shown?.node === node && this.#shown.run === run) return;
    this.#leave();
    this.#shown = { run, node };
    void this.#fill(run, node);
  }

  /** Brings up to date what changes. */
  draw(now: number): void {
    if (this.#shown === null) return;
    const { node } = this.#shown;
    const view = this.#state.view.nodes.get(node);
    setText(this.#facts, view === undefined ? 'in the queue' : wordFacts(view, now));
    const curves = this.#state.view.curves.get(node);
    if (curves !== undefined) this.#drawCharts([...curves]);
  }

  async #fill(run: string, node: string): Promise<void> {
    const query = `run=${encodeURIComponent(run)}&node=${encodeURIComponent(node)}`;
    const answer = await fetch(`node?${query}`).catch(() => null);
    const told = answer?.ok ? ((await answer.json()) as NodeAnswer) : null;
    if (this.#shown?.node !== node) return;
    this.#facts = make('p');
    this.#charts = make('div', { class: 'panels' });
    this.#drawn = '';
    const title = make('h2', { id: 'panel-title' }, node);
    const close = make('button', { type: 'button', click: () => this.#dialog.close() }, 'Close');
    const log = make('div');
    const attempts = told?.attempts ?? [];
    const choose = (number: number | null) => {
      this.#log?.close();
      const which = number === null ? '' : `&attempt=${number}`;
      const goesOn = () => this.#state.view.running.has(node);
      this.#log = new LogView(`log?${query}${which}`, goesOn);
      log.replaceChildren(this.#log.element);
    };
    const buttons = attempts.map(({ number, end }) =>
      make(
        'button',
        { type: 'button', click: () => choose(number) },
        `attempt ${number}: ${end ?? 'running'}`,
      ),
    );
    const isCached = told?.without === 'cached';
    this.#dialog.replaceChildren(
      make('div', { class: 'panel-head' }, title, close),
      this.#facts,
      this.#charts,
      make('h3', {}, isCached ? 'Log of the run that made it' : 'Log'),
      make('p', { class: 'controls' }, ...(buttons.length > 1 ? buttons : [])),
      log,
    );
    if (!this.#dialog.open) this.#dialog.showModal();
    this.draw(Date.now());
    this.#drawCharts(told?.curves ?? []);
    if (attempts.length > 0) choose(attempts.length);
    else if (isCached) choose(null);
    else log.append(make('p', { class: 'soft' }, 'It has not run in this run.'));
  }

  #drawCharts(curves: readonly (readonly [string, Series])[]): void {
    const key = curves.map(([metric, { count }]) => `${metric}:${count}`).join();
    if (key === this.#drawn) return;
    this.#drawn = key;
    const charts = curves.map(([metric, series]) => ({ chart: new Chart(metric), series, metric }));
    this.#charts.replaceChildren(...charts.map(({ chart }) => chart.element));
    for (const { chart, series, metric } of charts) {
      chart.draw([{ name: metric, series, index: 0 }], false);
    }
  }

  #leave(): void {
    this.#shown = null;
    this.#log?.close();
    this.#log = null;
  }
}

function wordFacts(node: NodeView, now: number): string {
  const { state, note, attempts = 0, cpuSeconds, memory } = node;
  const parts = [
    VIEW_WORDS[state],
    wordDuration(node, now),
    attempts > 1 ? `${attempts} attempts` : '',
    cpuSeconds === undefined ? '' : `${cpuSeconds.toFixed(1)} s of CPU time`,
    memory === undefined ? '' : tellBytes(memory),
    note ?? '',
  ];
  return parts.filter((part) => part !== '').join(' · ');
}
