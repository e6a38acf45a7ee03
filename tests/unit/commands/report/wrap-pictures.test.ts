import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { expect, it } from 'vitest';
import type { SpecPart } from '../../../../commands/report/browser/spec-parts.ts';
import { narrowPictures, wrapPictures } from '../../../../commands/report/browser/wrap-pictures.ts';

const ROWS = ['true labels', 'shuffled'];
const values = ROWS.flatMap((test) =>
  Array.from({ length: 8 }, (_, position) => ({ test, position, picture: 'data:,' })),
);
const TABLE: SpecPart = {
  data: { values },
  width: { step: 80 },
  height: { step: 100 },
  encoding: {
    x: { field: 'position', type: 'ordinal', axis: null },
    y: {
      field: 'test',
      type: 'ordinal',
      sort: ROWS,
      axis: { labelExpr: "datum.label === 'shuffled' ? [datum.label, 'all alike'] : datum.label" },
    },
  },
  layer: [
    { mark: { type: 'image', width: 70 }, encoding: { url: { field: 'picture' } } },
    { mark: 'text', encoding: { text: { field: 'position' } } },
  ],
};

/** The texts of a chart, the values of its pictures among them, and its width in pixels. */
async function draw(spec: SpecPart) {
  const { spec: compiled } = compile(spec as unknown as TopLevelSpec);
  const view = new vega.View(vega.parse(compiled), { renderer: 'none' });
  const svg = await view.toSVG();
  const texts = [...svg.matchAll(/<text [^>]*>([^<]*)</g)].map(([, text]) => text ?? '');
  return { texts, width: Number(/^<svg[^>]* width="([\d.]+)"/.exec(svg)?.[1]) };
}

it('moves columns together as far as pictures allow', async () => {
  const [own, narrow] = [await draw(TABLE), await draw(narrowPictures(TABLE))];
  expect(own.width - narrow.width).toBe(8 * (80 - 72));
  expect(narrow.texts).toEqual(own.texts);
});

it.each([
  [350, 4],
  [640, 8],
  [570, 4],
  [320, 4],
  [300, 3],
])(
  'in %d pixels shows %d pictures a line, and all of them below the label of their row',
  async (width, columns) => {
    const wrapped = await draw(wrapPictures(TABLE, width));
    expect(wrapped.texts.filter((text) => !/^\d$/.test(text))).toEqual([
      'true labels',
      'shuffled, all alike',
    ]);
    expect(wrapped.texts.filter((text) => /^\d$/.test(text)).sort()).toEqual(
      values.map(({ position }) => String(position)).sort(),
    );
    expect(wrapped.width).toBeGreaterThanOrEqual(columns * 72);
    expect(wrapped.width).toBeLessThan((columns + 1) * 72);
  },
);

it('leaves charts without pictures', () => {
  const curves = { ...TABLE, layer: [{ mark: 'line' }] };
  expect(narrowPictures(curves)).toBe(curves);
  expect(wrapPictures(curves, 300)).toBe(curves);
});
