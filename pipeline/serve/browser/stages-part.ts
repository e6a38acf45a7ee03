/** The graph: its stages as a diagram, and the nodes of one of them, or of all, as a list. */

import { stageOf } from '../../graph/node-name.ts';
import type { StageGraph } from '../describe-graph.ts';
import type { RunView, ViewState } from '../run-view.ts';
import { setAddress } from './address.ts';
import { make, makeSection, setText } from './dom.ts';
import type { LiveState } from './live-state.ts';
import { STATE_ORDER, VIEW_WORDS, wordDuration } from './live-words.ts';
import type { PagePart } from './page-part.ts';
import { StageDiagram } from './stage-diagram.ts';
import { VirtualList } from './virtual-list.ts';

/** More stages than this are no picture any more. */
const MOST_DRAWN = 150;

/** The section of stages and nodes. */
export class StagesPart implements PagePart {
  readonly element: HTMLElement;
  readonly #picture = make('div', { class: 'scroll', hidden: true });
  readonly #search = make('input', {
    type: 'search',
    id: 'node-search',
    placeholder: 'part of a name',
  });
  readonly #stage = make('select', { id: 'node-stage' });
  readonly #chosen = make('select', { id: 'node-state' });
  readonly #count = make('p', { class: 'soft', role: 'status' });
  readonly #list: VirtualList;
  #view: RunView | null = null;
  #now = 0;
  /** The run that the graph is of. */
  #run: string | null = null;
  #graph: StageGraph | null = null;
  #diagram: StageDiagram | null = null;
  #stages = '';

  constructor() {
    const { element, body } = makeSection('stages', 'Stages and nodes');
    this.element = element;
    const label = (id: string, text: string) => make('label', { for: id }, text);
    const options: (ViewState | 'queued')[] = [...STATE_ORDER, 'queued'];
    this.#chosen.append(
      make('option', { value: '' }, 'any'),
      ...options.map((one) => make('option', { value: one }, wordState(one))),
    );
    this.#list = new VirtualList({
      label: 'nodes',
      fill: (row, name) => this.#fillRow(row, name),
      open: (node) => setAddress({ node }),
    });
    const redraw = () => this.#show();
    for (const control of [this.#search, this.#stage, this.#chosen]) {
      control.addEventListener('input', redraw);
    }
    body.append(
      this.#picture,
      make(
        'div',
        { class: 'controls' },
        make('span', {}, label('node-stage', 'Stage '), this.#stage),
        make('span', {}, label('node-state', 'State '), this.#chosen),
        make('span', {}, label('node-search', 'Name '), this.#search),
      ),
      this.#count,
      this.#list.element,
    );
    addEventListener('keydown', (event) => {
      if (event.key !== '/' || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      this.#search.focus();
    });
  }

  /** See {@link PagePart}. */
  draw({ run, view }: LiveState, now: number): void {
    this.element.hidden = run === null;
    this.#view = view;
    this.#now = now;
    if (run !== this.#run) {
      this.#run = run;
      this.#setGraph(null);
      if (run !== null) void this.#fetchGraph(run);
    }
    this.#diagram?.update(view);
    this.#listStages(this.#graph?.boxes.map(({ stage }) => stage) ?? [...view.stages.keys()]);
    this.#show();
  }

  async #fetchGraph(run: string): Promise<void> {
    const answer = await fetch(`graph?run=${encodeURIComponent(run)}`).catch(() => null);
    const graph = answer?.ok ? ((await answer.json()) as StageGraph | null) : null;
    if (run === this.#run) this.#setGraph(graph);
    // Where the server was away; the next drawing asks again.
    if (answer === null) this.#run = null;
  }

  #setGraph(graph: StageGraph | null): void {
    this.#graph = graph;
    const isDrawn = graph !== null && graph.boxes.length > 1 && graph.boxes.length <= MOST_DRAWN;
    this.#diagram = isDrawn
      ? new StageDiagram(graph, (stage) => {
          this.#stage.value = stage;
          this.#show();
          this.#list.element.focus();
        })
      : null;
    this.#picture.hidden = this.#diagram === null;
    this.#picture.replaceChildren(...(this.#diagram === null ? [] : [this.#diagram.element]));
    if (this.#view !== null) this.#diagram?.update(this.#view);
  }

  #listStages(stages: readonly string[]): void {
    const key = stages.join('\n');
    if (key === this.#stages) return;
    this.#stages = key;
    const { value } = this.#stage;
    this.#stage.replaceChildren(
      make('option', { value: '' }, 'all'),
      ...stages.map((stage) => make('option', { value: stage }, stage)),
    );
    this.#stage.value = stages.includes(value) ? value : '';
  }

  /** Lists the nodes that are asked for, the most urgent first. */
  #show(): void {
    const view = this.#view;
    if (view === null) return;
    const [stage, text] = [this.#stage.value, this.#search.value.toLowerCase()];
    const known = this.#graph?.boxes.flatMap(({ nodes }) => nodes) ?? [...view.nodes.keys()];
    const groups = new Map<ViewState | 'queued', string[]>(
      ([...STATE_ORDER.slice(0, -2), 'queued', 'executed', 'cached'] as const).map((one) => [
        one,
        [],
      ]),
    );
    for (const name of known) {
      if (stage !== '' && stageOf(name) !== stage) continue;
      if (text !== '' && !name.toLowerCase().includes(text)) continue;
      groups.get(view.nodes.get(name)?.state ?? 'queued')?.push(name);
    }
    const wanted = this.#chosen.value as ViewState | 'queued' | '';
    const items = wanted === '' ? [...groups.values()].flat() : (groups.get(wanted) ?? []);
    setText(this.#count, `${items.length} of ${known.length} nodes`);
    this.#list.show(items);
  }

  #fillRow(row: HTMLElement, name: string): void {
    const node = this.#view?.nodes.get(name);
    const state = node?.state ?? 'queued';
    const time = node === undefined ? '' : wordDuration(node, this.#now);
    const note = node?.note ?? '';
    const key = `${name}\n${state}\n${time}\n${note}`;
    if (row.dataset['key'] === key) return;
    row.dataset['key'] = key;
    row.replaceChildren(
      make('span', { class: `dot ${state}` }),
      make('span', { class: 'row-name' }, name),
      make('span', { class: 'row-state' }, wordState(state)),
      make('span', { class: 'row-time' }, time),
      make('span', { class: 'row-note' }, note),
    );
  }
}

function wordState(state: ViewState | 'queued'): string {
  return state === 'queued' ? 'in the queue' : VIEW_WORDS[state];
}
