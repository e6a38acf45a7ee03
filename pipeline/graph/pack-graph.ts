import type { Json, JsonObject } from '../job/contract.ts';
import type { AxisValue, PipelineSpec, StageAction } from '../spec/types.ts';
import type { Graph, GraphNode, NodeId, NodeInput } from './types.ts';

/** A graph as JSON: short, because reading it is most of what a run without work does. */
export interface PackedGraph {
  readonly profile: string;
  readonly params: JsonObject;
  readonly mostGpus: number;
  readonly sections: Pick<PipelineSpec, 'defaultProfile' | 'profiles' | 'commands' | 'targets'> & {
    readonly params: JsonObject;
  };
  /** What the nodes of a stage share. */
  readonly stages: readonly PackedStage[];
  /** In the order of the graph. */
  readonly nodes: readonly PackedNode[];
}

/** A stage: its name, its axes, the parameters that its nodes read, its outputs, what it runs. */
export type PackedStage = readonly [
  name: string,
  axes: readonly string[],
  reads: readonly string[],
  outputs: readonly (readonly [name: string, volatile: 0 | 1, mutable: readonly string[]])[],
  env: readonly string[],
  action: StageAction,
];

/** A node: its stage by place, its cell, its module, its inputs, its outputs' paths, its needs. */
export type PackedNode = readonly [
  stage: number,
  /** Name of the cell and the values of the axes; 0 for a stage without axes. */
  cell: 0 | readonly [name: string, ...values: AxisValue[]],
  /** The module that the node runs, its path filled in; 0 for another action. */
  module: 0 | string,
  inputs: readonly PackedInput[],
  outputs: readonly string[],
  /** All that is upstream, by place, where it is not just the nodes that inputs name, in order. */
  needs: readonly number[],
];

/** An input: its sources are paths of files, or nodes by place with one output of theirs. */
export type PackedInput = readonly [
  name: string,
  /** 0 for a file, 1 for one read as parameters, 2 for one with its provenance. */
  as: 0 | 1 | 2,
  output: 0 | string,
  sources: readonly (string | number)[],
];

/** Packs a graph. What can be computed from the rest is left out. */
export function packGraph({ spec, profile, params, mostGpus, nodes }: Graph): PackedGraph {
  const places = new Map<NodeId, number>();
  const stages = new Map<string, { readonly place: number; readonly packed: PackedStage }>();
  const packed = [...nodes.values()].map((node, place): PackedNode => {
    places.set(node.id, place);
    const { stage, outputs } = node;
    const axes = Object.keys(node.cell);
    let shared = stages.get(stage.name);
    if (shared === undefined) {
      const packedOutputs = outputs.map(
        ({ name, volatile, mutable }) => [name, volatile ? 1 : 0, mutable] as const,
      );
      const reads = Object.keys(node.params);
      const packed = [stage.name, axes, reads, packedOutputs, node.env, stage.action] as const;
      shared = { place: stages.size, packed };
      stages.set(stage.name, shared);
    }
    const cellName: Json | undefined = node.variables['name'];
    return [
      shared.place,
      axes.length === 0 ? 0 : [String(cellName), ...Object.values(node.cell)],
      node.action.kind === 'module' ? node.action.module : 0,
      node.inputs.map((input) => packInput(input, places)),
      outputs.map(({ path }) => path),
      findNeeds(node, places),
    ];
  });
  const { defaultProfile, profiles, commands, targets } = spec;
  return {
    profile,
    params,
    mostGpus,
    sections: { defaultProfile, profiles, commands, targets, params: spec.params },
    stages: [...stages.values()].map((stage) => stage.packed),
    nodes: packed,
  };
}

function packInput(input: NodeInput, places: ReadonlyMap<NodeId, number>): PackedInput {
  const { name, as, provenance, sources } = input;
  const [first] = sources;
  return [
    name,
    as === 'params' ? 1 : provenance ? 2 : 0,
    // An input names one output of all the stages that it comes from.
    first?.kind === 'output' ? first.output : 0,
    sources.map((source) => (source.kind === 'file' ? source.path : placeOf(source.node, places))),
  ];
}

function findNeeds(node: GraphNode, places: ReadonlyMap<NodeId, number>): number[] {
  const named = new Set<NodeId>();
  for (const { sources } of node.inputs) {
    for (const source of sources) if (source.kind === 'output') named.add(source.node);
  }
  const inOrder = [...named];
  const { upstream } = node;
  const same = upstream.length === inOrder.length && upstream.every((id, i) => id === inOrder[i]);
  return same ? [] : upstream.map((id) => placeOf(id, places));
}

/** In topological order everything upstream has its place already. */
function placeOf(id: NodeId, places: ReadonlyMap<NodeId, number>): number {
  const place = places.get(id);
  if (place === undefined) throw new Error(`${id} comes after what needs it`);
  return place;
}
