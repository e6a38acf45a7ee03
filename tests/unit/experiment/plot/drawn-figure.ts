/** Checks that hold for every figure, and access to what it draws. */

import { crc32 } from 'node:zlib';
import { Resvg } from '@resvg/resvg-js';
import { expect } from 'vitest';
import { loadTypeface } from '../../../../experiment/plot/font.ts';
import { drawSvg } from '../../../../experiment/plot/render.ts';
import type { FigureProvenance } from '../../../../pipeline/contract/figure.ts';
import type { StageResult } from './recorded-runs.ts';

/**
 * Expects of a figure's files: a self-contained spec that draws without warnings and gives the same
 * SVG when it is read back; a PNG of twice the SVG's size; nothing cut off; and in each of the three
 * the same provenance, in which every row has a run or says that it rests on none.
 */
export async function expectSoundFigure(result: StageResult, prefix = ''): Promise<void> {
  const file = (name: string) => readOutput(result, `${prefix}${name}`);
  expect(result.events.filter(({ type }) => type === 'message')).toEqual([]);

  const spec = JSON.parse(file('spec').toString('utf8'));
  // Data of another file; pictures are data URLs in the rows.
  expect(JSON.stringify(spec)).not.toContain('"url":"');

  const svg = file('svg').toString('utf8');
  const redrawn = await drawSvg(spec, loadTypeface());
  expect(redrawn).toEqual({ svg, warnings: [] });

  const png = file('png');
  const [, width, height] = /<svg [^>]*width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect(png.readUInt32BE(16)).toBe(2 * Number(width));
  expect(png.readUInt32BE(20)).toBe(2 * Number(height));
  expectWhiteMargin(svg);

  expect(readSvgMetadata(svg)).toEqual(spec.usermeta);
  expect(readPngText(png, 'usermeta')).toEqual(JSON.stringify(spec.usermeta));
  const { runs, without = [] } = spec.usermeta.provenance as FigureProvenance;
  const explained = new Set(
    [...runs.flatMap(({ rows }) => rows), ...without].flatMap(([first, last]) =>
      range(first, last),
    ),
  );
  expect([...explained].sort((a, b) => a - b)).toEqual(range(1, spec.data.values.length));
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function readSvgMetadata(svg: string): unknown {
  const [, text = 'null'] = /<metadata>([^<]*)<\/metadata>/.exec(svg) ?? [];
  const entities: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&amp;': '&' };
  return JSON.parse(text.replace(/&\w+;/g, (entity) => entities[entity] ?? entity));
}

/** The text of an uncompressed iTXt chunk. Every chunk's checksum is checked. */
export function readPngText(png: Buffer, keyword: string): string | null {
  let found: string | null = null;
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const body = png.subarray(at + 4, at + 8 + length);
    expect(png.readUInt32BE(at + 8 + length)).toBe(crc32(body));
    const prefix = `iTXt${keyword}\0\0\0\0\0`;
    if (body.toString('utf8').startsWith(prefix)) found = body.toString('utf8', prefix.length);
    at += 12 + length;
  }
  return found;
}

/** Expects that a margin of 8 pixels is white: ink there would mean that something is cut off. */
function expectWhiteMargin(svg: string): void {
  const margin = 8;
  const font = { loadSystemFonts: false, fontFiles: [...loadTypeface().files] };
  const { width, height, pixels } = new Resvg(svg, { font }).render();
  const inked: string[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = x >= margin && x < width - margin && y >= margin && y < height - margin;
      if (!inside && pixels.readUInt32BE(4 * (y * width + x)) !== 0xffffffff) {
        inked.push(`${x},${y}`);
      }
    }
  }
  expect(inked).toEqual([]);
}

/** The bytes of an output. */
export function readOutput(result: StageResult, name: string): Buffer {
  const bytes = result.files.get(name);
  if (bytes === undefined) throw new Error(`no output ${name}`);
  return bytes;
}

/** The whole caption of a figure, which its spec carries. */
export function readCaption(result: StageResult): string {
  const spec = JSON.parse(readOutput(result, 'spec').toString('utf8'));
  return (spec as { usermeta: { caption: string } }).usermeta.caption;
}

/** The lines of text that a figure shows, in the order of its SVG. */
export function readTexts(svg: string): string[] {
  return [...svg.matchAll(/<(?:text|tspan)[^>]*>([^<]+)</g)].map(([, text = '']) =>
    text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
  );
}

/** One point mark of an SVG. */
export interface PointMark {
  /** Name of the run, from the mark's accessible description. */
  readonly experiment: string;
  readonly fill: string;
  readonly stroke: string;
}

/** The point marks that name a run. */
export function readPoints(svg: string): PointMark[] {
  return [...svg.matchAll(/<path aria-label="([^"]*)" role="graphics-symbol"[^>]*>/g)]
    .filter(([tag]) => tag.includes('aria-roledescription="point"'))
    .map(([tag, label = '']) => ({
      experiment: /experiment: ([^;]+)/.exec(label)?.[1] ?? '',
      fill: / fill="([^"]*)"/.exec(tag)?.[1] ?? 'none',
      stroke: / stroke="([^"]*)"/.exec(tag)?.[1] ?? 'none',
    }));
}
