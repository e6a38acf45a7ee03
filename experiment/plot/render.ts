/** Turns a Vega-Lite spec into SVG, and SVG into PNG, with the same bytes everywhere. */

import { Resvg } from '@resvg/resvg-js';
import * as vega from 'vega';
import { compile, resetIdCounter, type TopLevelSpec } from 'vega-lite';
import { FONT_FAMILY, TITLE_WEIGHT, type Typeface } from './font.ts';
import { addPngText } from './png.ts';

declare module 'vega' {
  /** How Vega measures text; exported by Vega, missing from its types. */
  export const textMetrics: {
    width: (
      item: { readonly fontSize?: number; readonly fontWeight?: number | string },
      text: string | number | null | undefined,
    ) => number;
  };
}

/** A PNG has this many pixels for one of the SVG. */
const PNG_ZOOM = 2;
/** Vega's own default, for an item that names no size. */
const DEFAULT_FONT_SIZE = 11;

/** Said of a layer without rows in one of several panels, such as the dots of a model that met no threshold. */
const EMPTY_LAYER = /^Infinite extent for field/;

/** A drawn figure. */
export interface Drawing {
  readonly svg: string;
  /** What Vega-Lite and Vega had to say against the spec or its data. */
  readonly warnings: readonly string[];
}

/**
 * Draws a spec as SVG, laid out by the real widths of the typeface. What the spec carries as
 * `usermeta` becomes the SVG's metadata, as JSON.
 */
export async function drawSvg(spec: TopLevelSpec, typeface: Typeface): Promise<Drawing> {
  const warnings: string[] = [];
  const logger = collectWarnings(warnings);
  // Both libraries number what they define across calls.
  resetIdCounter();
  vega.resetSVGDefIds();
  vega.textMetrics.width = (item, text) =>
    typeface.measure(
      String(text ?? '').trim(),
      item.fontSize ?? DEFAULT_FONT_SIZE,
      readWeight(item.fontWeight),
    );
  const view = new vega.View(vega.parse(compile(spec, { logger }).spec), {
    renderer: 'none',
    logger,
  });
  const svg = await view.toSVG();
  view.finalize();
  return { svg: `${addMetadata(roundCoordinates(svg), spec.usermeta)}\n`, warnings };
}

/**
 * Draws an SVG as PNG at twice its size, with no other font than the typeface's, and with the spec's
 * `usermeta` in a text chunk.
 */
export function drawPng(
  svg: string,
  typeface: Typeface,
  usermeta: TopLevelSpec['usermeta'],
): Uint8Array {
  // Of the two names for pixels with sharp edges, resvg knows the older one, and the last one counts.
  const drawn = svg.replaceAll(' image-rendering: pixelated;', '');
  const png = new Resvg(drawn, {
    fitTo: { mode: 'zoom', value: PNG_ZOOM },
    font: {
      loadSystemFonts: false,
      fontFiles: [...typeface.files],
      defaultFontFamily: FONT_FAMILY,
    },
  })
    .render()
    .asPng();
  return usermeta === undefined ? png : addPngText(png, 'usermeta', JSON.stringify(usermeta));
}

const XML_ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

function addMetadata(svg: string, usermeta: TopLevelSpec['usermeta']): string {
  if (usermeta === undefined) return svg;
  const text = JSON.stringify(usermeta).replace(/[&<>]/g, (c) => XML_ESCAPES[c] ?? c);
  return svg.replace(/^<svg[^>]*>/, (start) => `${start}<metadata>${text}</metadata>`);
}

function readWeight(weight: number | string | undefined): number {
  if (weight === undefined || weight === 'normal') return 400;
  return weight === 'bold' ? TITLE_WEIGHT : Number(weight);
}

function collectWarnings(warnings: string[]): vega.LoggerInterface {
  const logger: vega.LoggerInterface = {
    level: ((level?: number) => (level === undefined ? vega.Warn : logger)) as never,
    error: (...messages) => keep(messages),
    warn: (...messages) => keep(messages),
    info: () => logger,
    debug: () => logger,
  };
  function keep(messages: readonly unknown[]): vega.LoggerInterface {
    const text = messages.map(String).join(' ');
    // The other layers of the panel give the extent.
    if (!EMPTY_LAYER.test(text)) warnings.push(text);
    return logger;
  }
  return logger;
}

/**
 * Rounds the coordinates of paths and positions to a hundredth of a pixel: smaller files, and no
 * dependence on the last digit of a platform's arithmetic.
 */
function roundCoordinates(svg: string): string {
  return svg.replace(/ (?:d|transform|[xy][12]?)="[^"]*"/g, (attribute) =>
    attribute.replace(/-?\d*\.\d+(?:e-?\d+)?/g, (number) => String(round(Number(number)))),
  );
}

function round(value: number): number {
  // Adding zero turns -0 into 0.
  return Math.round(value * 100) / 100 + 0;
}
