import { describe, expect, it } from 'vitest';
import { selectTargets } from '../../../../pipeline/graph/select.ts';
import { expandSound, expandText } from '../../../fixtures/graph.ts';

const text = `
version: 1
profiles: { one: {}, two: {} }
stages:
  data: { command: x, outputs: { o: data } }
  train:
    command: x
    matrix: { m: [A, B] }
    inputs: { d: { from: data, output: o } }
    outputs: { o: "runs/{{ name }}" }
  plot: { command: x, inputs: { r: { from: train, output: o } }, outputs: { o: plot } }
  other: { command: x, outputs: { o: other } }
  late: { profiles: [two], command: x, outputs: { o: late } }
targets:
  figure: [figure.left, other]
  figure.left: [train/B]
  all: [plot, figure, late]
`;
const graph = expandSound(text);

function select(...targets: string[]): string[] {
  const { nodes, diagnostics } = selectTargets(graph, targets);
  expect(diagnostics).toEqual([]);
  return nodes.map(({ id }) => id);
}

describe('selectTargets', () => {
  it('takes everything where nothing is asked for', () => {
    expect(select()).toEqual(['data', 'other', 'train/A', 'train/B', 'plot']);
  });

  it('takes a node, a stage or a target, with all upstream of it and nothing else', () => {
    expect(select('train/B')).toEqual(['data', 'train/B']);
    expect(select('train')).toEqual(['data', 'train/A', 'train/B']);
    expect(select('figure')).toEqual(['data', 'other', 'train/B']);
    expect(select('all')).toEqual(select());
  });

  it('takes a node once however often it is asked for', () => {
    expect(select('train/B', 'train', 'figure.left')).toEqual(['data', 'train/A', 'train/B']);
  });

  it.each([
    ['figur', 'unknown target "figur"', 'did you mean "figure"?'],
    ['train/C', 'unknown target "train/C"', 'did you mean "train/A"?'],
    ['late', 'the stage "late" does not exist in profile "one"', undefined],
    ['toString', 'unknown target "toString"', undefined],
  ])('refuses %s with a likely mend', (target, message, hint) => {
    const { diagnostics } = selectTargets(graph, [target]);
    expect(diagnostics).toMatchObject([{ code: 'unknown-target', message }]);
    expect(diagnostics[0]?.hint).toBe(hint);
  });
});

describe('targets of the file', () => {
  it.each([
    ['a member that does not exist', '[train/B]', '[trian]', 'unknown-target'],
    ['a node that does not exist', '[train/B]', '[train/C]', 'unknown-target'],
    ['a circle', '[train/B]', '[figure]', 'cycle'],
  ])('are refused with %s', (_, from, to, code) => {
    const result = expandText(text.replace(from, to));
    const found = result.ok ? [] : result.diagnostics;
    expect(found.map((diagnostic) => diagnostic.code)).toContain(code);
    expect(found.every(({ location }) => location.line >= 15)).toBe(true);
  });
});
