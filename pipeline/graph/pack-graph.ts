/** An expanded graph → columns, for the memo that spares most commands the expansion. */

import type { JsonObject } from '../contract/values.ts';
import type { AxisValue, PipelineSpec, StageAction } from '../pipeline-file/types.ts';
import { bytesOf } from '../system/columns.ts';
import type { Graph, GraphNode, NamedFiles, NodeId, NodeInput } from './types.ts';

/** What a graph says beside its stages and nodes. */
export interface PackedHead {
  readonly profile: string;
  readonly params: JsonObject;
  readonly mostGpus: number;
  /** See {@link GraphNode}; all nodes have the same. */
  readonly apart: string;
  readonly named: readonly NamedFiles[];
  readonly sections: Omit<PipelineSpec, 'source' | 'stages'>;
}

/** A stage: its name, its axes, the parameters that its nodes read, its outputs, what it runs, the code beside that, what tells of the machine. */
export type PackedStage = readonly [
  name: string,
  axes: readonly string[],
  reads: readonly string[],
  outputs: readonly (readonly [name: string, volatile: 0 | 1, mutable: readonly string[]])[],
  env: readonly string[],
  action: StageAction,
  code: readonly string[],
  machine: readonly string[],
];

/** A node: its cell, its module, its inputs, its outputs' paths. */
export type PackedNode = readonly [
  /** Name of the cell and the values of the axes; 0 for a stage without axes. */
  cell: 0 | readonly [name: string, ...values: AxisValue[]],
  /** The module that the node runs, its path filled in; 0 for another action. */
  module: 0 | string,
  inputs: readonly PackedInput[],
  outputs: readonly string[],
];

/** An input: its sources are paths of files, or nodes by place with one output of theirs. */
type PackedInput = readonly [
  name: string,
  /** 0 for a file, 1 for one read as parameters, 2 for one with its provenance. */
  as: 0 | 1 | 2,
  output: 0 | string,
  sources: readonly (string | number)[],
];

/** What a stage runs, by its number in a column. */
export const ACTION_KINDS: readonly StageAction['kind'][] = ['command', 'module', 'template'];

/** What is known of a stage without a look at its line, as bits of a number. */
export const MAY_RUN_CODE = 1;
/** See {@link MAY_RUN_CODE}. */
export const FINDS_INPUTS = 2;

/** Separates pieces of JSON in one column: they have no line breaks. */
export const LINE = '\n';

/**
 * Packs a graph into columns: its head; a line of JSON for each stage and each node, which need not
 * be read before they are asked for; of each node its name, its stage, and what is upstream, by place;
 * of each stage the kind of what it runs; the paths that are read; of each stage whether it may run code and finds inputs.
 * What can be computed from the rest is left out.
 *
 * @throws Error where nodes are not in topological order
 */
export function packGraph(graph: Graph): Uint8Array[] {
  const { spec, profile, params, mostGpus, fileInputs, named, nodes } = graph;
  const places = new Map<NodeId, number>();
  const stages = new Map<string, { readonly place: number; readonly line: string }>();
  const kinds: number[] = [];
  const runners: number[] = [];
  const stageOf = new Uint32Array(nodes.size);
  const starts = new Uint32Array(nodes.size + 1);
  const upstream: number[] = [];
  const lines = [...nodes.values()].map((node, place) => {
    places.set(node.id, place);
    const name = node.stage.name;
    const shared = stages.get(name) ?? { place: stages.size, line: toJson(packStage(node)) };
    stages.set(name, shared);
    stageOf[place] = shared.place;
    kinds[shared.place] = ACTION_KINDS.indexOf(node.action.kind);
    runners[shared.place] =
      (node.mayRunCode ? MAY_RUN_CODE : 0) + (node.findsInputs ? FINDS_INPUTS : 0);
    upstream.push(...node.upstream.map((id) => placeOf(id, places)));
    starts[place + 1] = upstream.length;
    return toJson(packNode(node, places));
  });
  const { source: _, stages: __, ...sections } = spec;
  const apart = nodes.values().next().value?.apart ?? '';
  const head: PackedHead = { profile, params, mostGpus, apart, named, sections };
  return [
    Buffer.from(toJson(head)),
    Buffer.from([...stages.values()].map(({ line }) => line).join(LINE)),
    Buffer.from(lines.join(LINE)),
    Buffer.from(JSON.stringify([...nodes.keys()])),
    bytesOf(stageOf),
    bytesOf(starts),
    bytesOf(Uint32Array.from(upstream)),
    Uint8Array.from(kinds),
    Buffer.from(JSON.stringify(fileInputs)),
    Uint8Array.from(runners),
  ];
}

function toJson(value: PackedHead | PackedStage | PackedNode): string {
  return JSON.stringify(value);
}

function packStage(node: GraphNode): PackedStage {
  const { stage, cell, params, outputs, env, code, machine } = node;
  const packedOutputs = outputs.map(
    ({ name, volatile, mutable }) => [name, volatile ? 1 : 0, mutable] as const,
  );
  const reads = Object.keys(params);
  const axes = Object.keys(cell);
  return [stage.name, axes, reads, packedOutputs, env, stage.action, code, machine];
}

function packNode(node: GraphNode, places: ReadonlyMap<NodeId, number>): PackedNode {
  const { action, cell, variables, inputs, outputs } = node;
  const values = Object.values(cell);
  return [
    values.length === 0 ? 0 : [String(variables['name']), ...values],
    action.kind === 'module' ? action.module : 0,
    inputs.map((input) => packInput(input, places)),
    outputs.map(({ path }) => path),
  ];
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

/** In topological order everything upstream has its place already. */
function placeOf(id: NodeId, places: ReadonlyMap<NodeId, number>): number {
  const place = places.get(id);
  if (place === undefined) throw new Error(`${id} comes after what needs it`);
  return place;
}
