/** What of Vega is used here, which the page loads as scripts of their own. */

import type { SpecPart } from './spec-parts.ts';

/** Whether the page is dark. */
export const DARK = window.matchMedia('(prefers-color-scheme: dark)');

/** An operator of a view's dataflow. */
interface Operator<Value = unknown> {
  readonly value: Value;
}

/** Something that is drawn, as a node of Vega's scenegraph. */
export interface SceneItem {
  readonly x: number;
  readonly y: number;
  readonly datum?: SpecPart;
  /** What it tells where it is pointed at. */
  readonly tooltip?: unknown;
  readonly mark?: SceneMark;
  /** Of a group: the marks in it, with the signals and scales that they know. */
  readonly items?: readonly SceneMark[];
  readonly context?: {
    readonly signals?: Readonly<Record<string, Operator>>;
    readonly scales?: Readonly<Record<string, Operator<(value: number) => number>>>;
  };
}

/** Items that are drawn alike. */
export interface SceneMark {
  readonly marktype: string;
  readonly role?: string;
  readonly name?: string;
  readonly items?: readonly SceneItem[];
}

type Listen = (event: PointerEvent, item: SceneItem | null | undefined) => void;

/** What of a Vega view is used here. */
export interface ChartView {
  signal(name: string, value: unknown): ChartView;
  scale(name: string): (value: string | number) => string;
  update(operator: Operator, value: unknown): ChartView;
  runAsync(): Promise<ChartView>;
  scenegraph(): { readonly root: SceneMark };
  addDataListener(name: string, listener: (name: string, value: never) => void): ChartView;
  addEventListener(type: string, listener: Listen): ChartView;
  finalize(): void;
}

/** A chart that is drawn. */
export interface EmbeddedChart {
  readonly view: ChartView;
  readonly vgSpec: { readonly data?: readonly { readonly name: string }[] };
}

declare const vegaEmbed: (
  element: HTMLElement,
  spec: SpecPart,
  options: object,
) => Promise<EmbeddedChart>;

/** Draws a Vega-Lite spec in an element, as SVG. */
export function embedChart(
  element: HTMLElement,
  spec: SpecPart,
  options: object,
): Promise<EmbeddedChart> {
  // Its menu would lie over marks; the files of a figure are linked below it.
  return vegaEmbed(element, spec, {
    mode: 'vega-lite',
    renderer: 'svg',
    actions: false,
    ...options,
  });
}
