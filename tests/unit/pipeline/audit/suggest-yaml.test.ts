import { describe, expect, it } from 'vitest';
import { suggestInputs } from '../../../../pipeline/audit/suggest-yaml.ts';
import { gatherAccesses, keepUndeclared } from '../../../../pipeline/audit/undeclared.ts';
import type { Graph, GraphNode, NodeId } from '../../../../pipeline/graph/types.ts';
import { expandSound } from '../../../fixtures/graph.ts';

const TEXT = `version: 1
stages:
  make: { command: "true", matrix: { m: [a, b], p: [0, 1] }, name: "{{ m }}{{ p }}", outputs: { data: "data/{{ m }}/{{ p }}" } }
  read: { command: "true", matrix: { m: [a, b] }, inputs: { data: in/x }, outputs: { o: "out/{{ m }}" } }
`;
const graph = expandSound(TEXT);

function nodeOf(id: string, of: Graph = graph): GraphNode {
  const node = of.nodes.get(id as NodeId);
  if (node === undefined) throw new Error(`no node ${id}`);
  return node;
}

describe('the YAML for what a node reads', () => {
  it('names what other stages make by stage, and one cell by the axes that the reader lacks', () => {
    expect(suggestInputs(graph, nodeOf('read/a'), ['data/a/1/part']).yaml).toEqual([
      'inputs:',
      '  data_2: { from: make, output: data, where: [{ p: 1 }] }',
    ]);
    const both = ['inputs:', '  data_2: { from: make, output: data }'];
    expect(suggestInputs(graph, nodeOf('read/a'), ['data/a/0', 'data/a/1']).yaml).toEqual(both);
    // A folder of outputs can be no input itself.
    expect(suggestInputs(graph, nodeOf('read/a'), ['data/a']).yaml).toEqual(both);
  });

  it('is a pipeline without mistakes, whatever the names of the files', () => {
    const paths = ['in/a b', 'true', '12', '.env', 'x/12.5.txt', 'x/ü', "it's: #1", 'in/a_b', '-'];
    const { yaml } = suggestInputs(graph, nodeOf('read/a'), paths);
    const [, ...lines] = yaml;
    const mended = expandSound(
      `${TEXT}  mended:\n    command: "true"\n    inputs:\n${lines.map((line) => `    ${line}\n`).join('')}    outputs: { o: mended }\n`,
    );
    const inputs = nodeOf('mended', mended).inputs.flatMap(({ sources }) => sources);
    expect(inputs.map(({ path }) => path)).toEqual(paths);
  });
});

describe('what is told of many accesses', () => {
  it('is the strongest of each path, and a folder where it was listed or much was read', () => {
    const many = Array.from({ length: 6 }, (_, i) => `many/${i}`);
    const gathered = gatherAccesses([
      { kind: 'look', path: 'a' },
      { kind: 'read', path: 'a' },
      { kind: 'write', path: 'a' },
      { kind: 'list', path: 'b' },
      { kind: 'read', path: 'b/c/d' },
      { kind: 'list', path: '.' },
      ...many.map((path) => ({ kind: 'read' as const, path })),
      { kind: 'write', path: 'many/9' },
      { kind: 'write', path: 'made/deep/x' },
      { kind: 'write', path: 'made' },
    ]);
    expect(gathered.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'list .',
      'read a',
      'write a',
      'list b',
      'write made',
      'list many',
      'write many/9',
    ]);
    expect(gatherAccesses(gathered)).toEqual(gathered);
  });

  it('leaves out what has been declared since', () => {
    const seen = ['in/x', 'in/x/y', 'in/xy'].map((path) => ({ kind: 'read' as const, path }));
    expect(keepUndeclared(nodeOf('read/a'), seen).map(({ path }) => path)).toEqual(['in/xy']);
  });
});
