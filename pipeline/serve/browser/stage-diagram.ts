/** The stages as boxes with arrows, which fill up as their nodes end. */

import type { StageBox, StageGraph } from '../describe-graph.ts';
import { countEnded, type RunView, type StateCounts, type ViewState } from '../run-view.ts';
import { STATE_ORDER, VIEW_WORDS } from './live-words.ts';

const SVG = 'http://www.w3.org/2000/svg';
const PAD = 10;
const BAR = 6;

/** A box that is drawn. */
interface DrawnBox {
  readonly box: StageBox;
  readonly group: SVGGElement;
  readonly words: SVGTextElement;
  readonly segments: readonly SVGRectElement[];
  key: string;
}

/** A diagram that is drawn once, and coloured again as states change. */
export class StageDiagram {
  readonly element: SVGSVGElement;
  readonly #boxes: readonly DrawnBox[];

  /** @param choose called with a stage that is clicked, or chosen by Enter */
  constructor(graph: StageGraph, choose: (stage: string) => void) {
    const { width, height, boxes, arrows } = graph;
    this.element = draw('svg', {
      ...{ width, height, viewBox: `0 0 ${width} ${height}`, class: 'diagram', role: 'group' },
      'aria-label': 'stages and what they need',
    });
    const tip = draw('marker', {
      ...{ id: 'tip', viewBox: '0 0 8 8', refX: 7, refY: 4 },
      ...{ markerWidth: 7, markerHeight: 7, orient: 'auto' },
    });
    tip.append(draw('path', { d: 'M0 0 8 4 0 8z', class: 'tip' }));
    this.element.append(tip);
    for (const { path, kind } of arrows) {
      this.element.append(
        draw('path', { d: path, class: `arrow ${kind}`, 'marker-end': 'url(#tip)' }),
      );
    }
    this.#boxes = boxes.map((box) => drawBox(box, choose));
    this.element.append(...this.#boxes.map(({ group }) => group));
  }

  /** Colours the boxes as the view says. */
  update(view: RunView): void {
    for (const drawn of this.#boxes) updateBox(drawn, view.stages.get(drawn.box.stage));
  }
}

function drawBox(box: StageBox, choose: (stage: string) => void): DrawnBox {
  const { x, y, width, height, stage } = box;
  const group = draw('g', { class: 'stage-box', role: 'button', tabindex: 0 });
  const name = draw('text', { x: x + PAD, y: y + 20, class: 'stage-name' });
  name.textContent = stage;
  const words = draw('text', { x: x + PAD, y: y + 36, class: 'stage-words' });
  const bar = y + height - BAR - 6;
  const ground = draw('rect', {
    x: x + PAD,
    y: bar,
    width: width - 2 * PAD,
    height: BAR,
    class: 'fill-svg queued',
  });
  const segments = STATE_ORDER.map((state) =>
    draw('rect', { x: x + PAD, y: bar, width: 0, height: BAR, class: `fill-svg ${state}` }),
  );
  group.append(
    draw('rect', { x, y, width, height, rx: 6, class: 'ground' }),
    name,
    words,
    ground,
    ...segments,
  );
  group.addEventListener('click', () => choose(stage));
  group.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    choose(stage);
  });
  return { box, group, words, segments, key: '' };
}

function updateBox(drawn: DrawnBox, counts: StateCounts | undefined): void {
  const { box, group, words, segments } = drawn;
  const total = box.nodes.length;
  const key = counts === undefined ? 'queued' : STATE_ORDER.map((state) => counts[state]).join();
  if (key === drawn.key) return;
  drawn.key = key;
  const told = wordCounts(counts, total);
  words.textContent = told;
  group.setAttribute('aria-label', `${box.stage}: ${told}`);
  group.dataset['state'] = mostUrgent(counts);
  let x = box.x + PAD;
  for (const [i, state] of STATE_ORDER.entries()) {
    const width = ((box.width - 2 * PAD) * (counts?.[state] ?? 0)) / Math.max(1, total);
    segments[i]?.setAttribute('x', String(x));
    segments[i]?.setAttribute('width', String(width));
    x += width;
  }
}

/** The most urgent state of a stage, which its border has. */
function mostUrgent(counts: StateCounts | undefined): ViewState | 'queued' {
  return STATE_ORDER.find((state) => (counts?.[state] ?? 0) > 0) ?? 'queued';
}

/** `3/4 · 1 failed`: what ended, and the most urgent of the rest. */
function wordCounts(counts: StateCounts | undefined, total: number): string {
  if (counts === undefined) return total === 1 ? 'in the queue' : `0/${total} · in the queue`;
  const urgent = mostUrgent(counts);
  const word = urgent === 'queued' ? '' : VIEW_WORDS[urgent];
  if (total === 1) return word;
  const count = urgent === 'queued' ? 0 : counts[urgent];
  const isAll = count === total;
  return `${countEnded(counts)}/${total} · ${isAll ? `all ${word}` : `${count} ${word}`}`;
}

function draw<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>>,
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}
