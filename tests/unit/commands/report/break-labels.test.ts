import { compile, type TopLevelSpec } from 'vega-lite';
import { expect, it } from 'vitest';
import { breakLabel, breakLabels } from '../../../../commands/report/browser/break-labels.ts';

it.each([
  ['MLP1: random labels', ['MLP1:', 'random labels']],
  ['InceptionSmallWithoutBN: neither', ['InceptionSmall', 'WithoutBN: neither']],
  ['AlexNetSmall', ['AlexNet', 'Small']],
  ['mlp', ['mlp']],
])('breaks %j as a reader would', (label, lines) => {
  expect(breakLabel(label)).toEqual(lines);
});

it('breaks the labels of rows of a chart, in all its layers, and leaves other charts', () => {
  const sort = ['MLP1: decay', 'MLP1: neither'];
  const encoding = { y: { field: 'row', type: 'nominal', sort }, x: { field: 'test' } };
  const row = { mark: 'point', encoding };
  const table = { data: { values: [] }, height: { step: 22 }, layer: [row, row] };
  const broken = breakLabels(table);
  expect(broken).toMatchObject({ height: { step: 32 } });
  const { axes } = compile(broken as unknown as TopLevelSpec).spec;
  const said = JSON.stringify(axes);
  expect(said).toContain('MLP1: decay');
  expect(said).toContain('labelOffset');
  const curves = { data: { values: [] }, height: 200, layer: [row] };
  expect(breakLabels(curves)).toBe(curves);
});
