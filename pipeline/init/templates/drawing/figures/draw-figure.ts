/** Draws figures in one theme and one typeface, so that they look the same on every machine. */

import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Resvg, type ResvgRenderOptions } from '@resvg/resvg-js';
import type { StageContext } from 'rederive/contract';
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import theme from './theme.json' with { type: 'json' };

/** How Vega measures text; missing from its types. */
const { textMetrics } = vega as unknown as {
  textMetrics: {
    width: (item: { fontSize?: number; fontWeight?: number | string }, text: unknown) => number;
  };
};

/** Colours that stay apart for colour-blind readers (Okabe and Ito, 2008), to be used in this order. */
export const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#d55e00', '#cc79a7', '#56b4e9'];

/** A PNG has this many pixels for one of the SVG. */
const PNG_ZOOM = 2;

/** The typeface comes as a package: nothing is fetched, and no font of the machine is used. */
const { resolve } = createRequire(import.meta.url);
const FONT: NonNullable<ResvgRenderOptions['font']> = {
  loadSystemFonts: false,
  defaultFontFamily: 'Inter',
  fontFiles: ['400Regular/Inter_400Regular.ttf', '600SemiBold/Inter_600SemiBold.ttf'].map((file) =>
    resolve(`@expo-google-fonts/inter/${file}`),
  ),
};

/** A Vega-Lite spec with its data inside, so that its file can be opened in any Vega-Lite editor. */
export interface FigureSpec {
  readonly title: { readonly text: string; readonly subtitle: string };
  readonly [key: string]: unknown;
}

/**
 * Draws a figure, and writes it to the outputs `spec`, `svg` and `png`. Where `--set` changed parameters
 * its subtitle says so, if the stage has `params: [overrides]`.
 */
export async function drawFigure(
  spec: FigureSpec,
  { outputs, params }: Pick<StageContext, 'outputs' | 'params'>,
): Promise<void> {
  const { overrides } = params;
  const changed = Array.isArray(overrides) && overrides.length > 0 ? overrides.join(', ') : null;
  const lines = changed === null ? [] : [`With ${changed}.`];
  const title = { ...spec.title, subtitle: [spec.title.subtitle, ...lines] };
  const themed = { ...spec, title, config: theme } as TopLevelSpec;
  textMetrics.width = (item, text) =>
    measureText(String(text ?? ''), item.fontSize ?? 11, item.fontWeight ?? 400);
  const view = new vega.View(vega.parse(compile(themed).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  const png = new Resvg(svg, { font: FONT, fitTo: { mode: 'zoom', value: PNG_ZOOM } }).render();
  await Promise.all([
    writeFile(String(outputs['spec']), `${JSON.stringify(themed, null, 1)}\n`),
    writeFile(String(outputs['svg']), `${svg}\n`),
    writeFile(String(outputs['png']), png.asPng()),
  ]);
}

const widths = new Map<string, number>();

/** Width of a text in pixels, which decides where legends and labels have room. */
function measureText(text: string, size: number, weight: number | string): number {
  const key = `${size} ${weight} ${text}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const drawn = `<svg xmlns="http://www.w3.org/2000/svg"><text y="99" font-family="Inter" font-size="${size}" font-weight="${weight}">${escaped}</text></svg>`;
  const width = new Resvg(drawn, { font: FONT }).getBBox()?.width ?? 0;
  widths.set(key, width);
  return width;
}
