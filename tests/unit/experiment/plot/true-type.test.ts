import { Resvg } from '@resvg/resvg-js';
import { describe, expect, it } from 'vitest';
import { loadTypeface } from '../../../../experiment/plot/font.ts';
import { readAdvanceWidths } from '../../../../experiment/plot/true-type.ts';

const typeface = loadTypeface();

/** Width that the text is drawn with: between bars, so that it is measured from pen to pen. */
function drawnWidth(text: string, size: number, weight: number): number {
  const measure = (content: string) => {
    const svg =
      `<svg xmlns="http://www.w3.org/2000/svg" width="2000" height="100"><text x="50" y="60" ` +
      `font-family="Inter" font-size="${size}" font-weight="${weight}">${content}</text></svg>`;
    const font = { loadSystemFonts: false, fontFiles: [...typeface.files] };
    return new Resvg(svg, { font }).getBBox()?.width ?? 0;
  };
  return measure(`|${text}|`) - measure('||');
}

describe('text widths', () => {
  it.each([
    ['Shuffled pixels', 12, 400],
    ['InceptionSmallWithoutBN', 12, 400],
    ['corruption probability p', 12, 400],
    ['10,000 · 0.25 · 99.7% · p ≥ 1', 11, 400],
    ['Learning curves: training loss — Ångström', 16, 600],
  ])('agree with what is drawn, up to kerning: %s', (text, size, weight) => {
    const drawn = drawnWidth(text, size, weight);
    expect(drawn).toBeGreaterThan(20);
    expect(Math.abs(typeface.measure(text, size, weight) - drawn) / drawn).toBeLessThan(0.02);
  });

  it('are wider in the weight of titles, and zero for no text', () => {
    expect(typeface.measure('Gaussian', 12, 600)).toBeGreaterThan(
      typeface.measure('Gaussian', 12, 400),
    );
    expect(typeface.measure('', 12, 400)).toBe(0);
  });

  it('name the table that a damaged font lacks', () => {
    expect(() => readAdvanceWidths(new Uint8Array(12))).toThrow("no table 'head'");
  });
});
