import { describe, expect, it } from 'vitest';
import { packGraph } from '../../../../pipeline/graph/pack-graph.ts';
import type { Graph } from '../../../../pipeline/graph/types.ts';
import { unpackGraph } from '../../../../pipeline/graph/unpack-graph.ts';
import { openYamlSource } from '../../../../pipeline/pipeline-file/yaml-source.ts';
import { packColumns, unpackColumns } from '../../../../pipeline/system/columns.ts';
import { expandSound } from '../../../fixtures/graph.ts';

const text = `version: 1
default_profile: small
params: { levels: [0, 0.5], rate: 0.1, nested: { deep: x, list: [1, { a: null }] }, flag: true }
profiles: { small: { description: the small one }, large: { params: { rate: 0.2 } } }
stages:
  source: { command: "seq {{ rate }} > {{ outputs.o }}", env: [MODE], outputs: { o: "data/{{ nested.deep }}" } }
  part:
    module: "{{ nested.deep }}.ts"
    matrix: { level: { param: levels }, kind: [one, 2, true], exclude: [{ level: 0, kind: 2 }] }
    name: "{{ level | fixed(1) }}-{{ kind }}"
    params: [rate, nested.list, nested]
    extends: rate
    needs: [source, late]
    inputs: { i: { from: source, output: o }, f: "files/{{ kind }}" }
    outputs: { o: "parts/{{ name }}", t: { path: "time/{{ name }}", volatile: true } }
  late: { template: a.njk, outputs: { o: { path: late.yaml, mutable: [state] } } }
  config: { template: a.njk, matrix: { level: [0, 0.5] }, outputs: { o: "config/{{ level }}" } }
  join:
    command: cat {{ inputs.all }} {{ inputs.some }} > {{ outputs.o }}
    needs: [part]
    inputs:
      all: { from: part, output: o }
      some: { from: part, output: t, where: [{ kind: [one, 2] }], provenance: true }
      config: { from: late, output: o, as: params }
    outputs: { o: joined }
    process: fresh
    resources: { cpus: 2, memory: 1GB }
targets: { everything: [join, config] }
commands: { hello: { module: hello.ts } }
`;

/** All that a graph says, its lazy parts included. */
function contentOf({ spec, profile, params, fileInputs, nodes }: Graph) {
  const { source, stages, ...sections } = spec;
  return {
    profile,
    params,
    fileInputs,
    sections,
    stages: { ...stages },
    value: source.value,
    nodes: [...nodes].map(([id, node]) => ({
      id,
      own: node.id,
      stage: node.stage,
      cell: node.cell,
      cellOrder: Object.keys(node.cell),
      action: node.action,
      variables: node.variables,
      env: node.env,
      params: node.params,
      inputs: node.inputs,
      outputs: node.outputs,
      upstream: node.upstream,
    })),
  };
}

describe('a graph that was packed and unpacked', () => {
  it.each([{}, { profile: 'large' }, { settings: [{ key: 'levels', text: '[1]' }] }])(
    'is the same in every respect: %j',
    (options) => {
      const graph = expandSound(text, options);
      const packed = unpackColumns(1, packColumns(1, packGraph(graph))) ?? [];
      const value = JSON.stringify(graph.spec.source.value);
      const source = openYamlSource('pipeline.yaml', text, () => JSON.parse(value));
      const again = unpackGraph(packed, source);
      expect(contentOf(again)).toEqual(contentOf(graph));
      const path = ['stages', 'part', 'inputs', 'f'];
      expect(again.spec.source.locate(path)).toEqual(graph.spec.source.locate(path));
    },
  );
});
