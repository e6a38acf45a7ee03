import { expect, it } from 'vitest';
import { loadTypeface } from '../../../../experiment/plot/font.ts';
import { nameResults, tellProvenance } from '../../../../experiment/plot/provenance.ts';
import { drawPng, drawSvg } from '../../../../experiment/plot/render.ts';
import { readPngText } from './drawn-figure.ts';

const source = (node: string) => ({ node, cell: {}, path: '/', fingerprint: 'f', sha256: null });

it('tells the stretches of rows that rest on each run, those that rest on several too', () => {
  const inputs = { evaluations: [source('evaluate/a'), source('evaluate/b'), source('whole')] };
  const rows = [
    { experiment: 'a' },
    { experiment: 'a' },
    { experiment: 'b' },
    { runs: ['a', 'b'] },
    { run: 'whole' },
  ];
  const { runs } = tellProvenance({ node: 'plot', inputs }, rows);
  expect(runs.map(({ run, node }) => [run, node])).toEqual([
    ['a', 'evaluate/a'],
    ['b', 'evaluate/b'],
    ['whole', 'whole'],
  ]);
  const [a, b, whole] = runs.map(({ rows }) => JSON.stringify(rows));
  expect([a, b, whole]).toEqual(['[[1,2],[4,4]]', '[[3,4]]', '[[5,5]]']);
});

it('tells rows that say that they rest on no run from those that say nothing', () => {
  const { without } = tellProvenance({ node: 'plot', inputs: {} }, [
    { runs: [] },
    {},
    { runs: [] },
  ]);
  expect(JSON.stringify(without)).toBe('[[1,1],[3,3]]');
});

it('leaves out what the stage was not told the provenance of', () => {
  const inputs = {
    records: [
      { cell: {}, path: '/file' },
      { node: 'a', cell: {}, path: '/a' },
    ],
  };
  expect(tellProvenance({ node: 'plot', inputs }, []).runs).toEqual([]);
});

it('names equal results alike, in whatever order they are drawn, and others otherwise', () => {
  const name = (...fingerprints: string[]) =>
    nameResults({
      schema: 1,
      node: 'plot',
      fields: ['experiment', 'run', 'runs'],
      runs: fingerprints.map((fingerprint) => ({
        ...{ run: 'a', input: 'evaluations', node: 'evaluate/a', sha256: null, rows: [] },
        fingerprint,
      })),
    });
  expect(name('b', 'a', 'a')).toBe(name('a', 'b'));
  expect(name('a', 'c')).not.toBe(name('a', 'b'));
  expect(name()).toBeNull();
});

it('writes metadata that XML and PNG readers take, whatever is in it', async () => {
  const usermeta = { text: `<&> ]]> "quoted" ü → 日本 \u{1f600}` };
  const typeface = loadTypeface();
  const { svg } = await drawSvg({ mark: 'point', data: { values: [] }, usermeta }, typeface);
  // Drawing reads the SVG with a strict parser of XML.
  const png = Buffer.from(drawPng(svg, typeface, usermeta));
  expect(readPngText(png, 'usermeta')).toBe(JSON.stringify(usermeta));
});
