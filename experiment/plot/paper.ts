/**
 * What a paper takes of a figure: a plain drawing without title and notes, as wide as a column, as SVG
 * and as PDF with its typeface inside, and the caption as text and as LaTeX.
 */

import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import type { Typeface } from './font.ts';
import { formatLatexCaption } from './latex.ts';
import { drawPdf } from './pdf.ts';
import { drawSvg } from './render.ts';
import { PAPER_THEME } from './theme.ts';

/** Widths in points: of a column of two, and of the text of a page, as conferences set them. */
const COLUMN_POINTS = 234;
const TEXT_POINTS = 396;
/** Drawings of up to so many pixels go into a column: their text is then at least 6.5 points high. */
const COLUMN_PIXELS = 400;

/** A caption without its number. */
interface PaperCaption {
  readonly title: string;
  readonly text: string;
}

/**
 * Writes those of the outputs `plain_svg`, `pdf`, `caption` and `latex` that have a path.
 *
 * @param findPath the path of an output; undefined where there is no such output
 * @param spec the figure as a paper has it, with data, provenance and whatever title
 */
export async function writePaperFiles(
  findPath: (output: string) => string | undefined,
  spec: TopLevelSpec,
  { title, text }: PaperCaption,
  typeface: Typeface,
): Promise<void> {
  const write = async (output: string, make: (path: string) => string | Uint8Array) => {
    const path = findPath(output);
    if (path !== undefined) await writeFile(path, make(path));
  };
  await write('caption', () => `${title}. ${text}\n`);
  await write('latex', (path) =>
    formatLatexCaption(title, text, `fig:${basename(path).replace(/\.[^.]*$/, '')}`),
  );
  if (findPath('plain_svg') === undefined && findPath('pdf') === undefined) return;
  const { title: _, ...plain } = spec as TopLevelSpec & { readonly title?: unknown };
  const drawn = await drawSvg({ ...plain, config: PAPER_THEME } as TopLevelSpec, typeface);
  const svg = fitColumn(drawn.svg);
  await write('plain_svg', () => svg);
  const pdf =
    findPath('pdf') === undefined
      ? ''
      : await drawPdf(svg, typeface, { title, usermeta: spec.usermeta });
  await write('pdf', () => pdf);
}

/** Gives a drawing the width of a column, or of the text where that would make it too small. */
function fitColumn(svg: string): string {
  return svg.replace(
    /^<svg([^>]*) width="([\d.]+)" height="([\d.]+)"/,
    (_, rest: string, width: string, height: string) => {
      const points = Number(width) <= COLUMN_PIXELS ? COLUMN_POINTS : TEXT_POINTS;
      const tall = Math.round((100 * points * Number(height)) / Number(width)) / 100;
      return `<svg${rest} width="${points}pt" height="${tall}pt"`;
    },
  );
}
