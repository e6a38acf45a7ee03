import type { Json, JsonObject } from '../job/contract.ts';
import type { RawFile } from '../spec/load-spec.ts';
import { normalizeStages } from '../spec/normalize-stages.ts';
import type { PipelineSpec, StageAction, StageSpec } from '../spec/types.ts';
import type { YamlSource } from '../spec/yaml-source.ts';
import { lookUp } from './interpolate.ts';
import type { PackedGraph, PackedNode, PackedStage } from './pack-graph.ts';
import { settleGpus } from './settle-gpus.ts';
import type {
  Cell,
  Graph,
  GraphNode,
  InputSource,
  NodeId,
  NodeInput,
  NodeOutput,
} from './types.ts';

/**
 * The graph that was packed. What a run without work does not look at is made when it is first
 * looked at.
 *
 * @param source of the `pipeline.yaml` that the graph was expanded from
 */
export function unpackGraph(packed: PackedGraph, source: YamlSource): Graph {
  let stages: Readonly<Record<string, StageSpec>> | undefined;
  const spec: PipelineSpec = {
    ...packed.sections,
    source,
    get stages() {
      stages ??= normalizeStages((source.value as RawFile).stages);
      return stages;
    },
  };
  const all: UnpackedNode[] = [];
  const around: Surroundings = { packed, stageOf: keepSettled(spec, packed.params), all };
  const nodes = new Map<NodeId, GraphNode>();
  for (const row of packed.nodes) {
    const stage = packed.stages[row[0]];
    if (stage === undefined) throw new Error(`a packed node of stage ${row[0]}`);
    const node = new UnpackedNode(row, stage, around);
    all.push(node);
    nodes.set(node.id, node);
  }
  const { profile, params, mostGpus } = packed;
  return { spec, profile, params, mostGpus, nodes };
}

/** What nodes look up when they are asked. */
interface Surroundings {
  readonly packed: PackedGraph;
  readonly stageOf: (name: string) => StageSpec;
  readonly all: readonly UnpackedNode[];
}

/** Stages as nodes have them, each settled when it is first asked for. */
function keepSettled(spec: PipelineSpec, params: JsonObject): (name: string) => StageSpec {
  const settled = new Map<string, StageSpec>();
  return (name) => {
    const known = settled.get(name);
    if (known !== undefined) return known;
    const raw = spec.stages[name];
    if (raw === undefined) throw new Error(`a packed graph with a stage ${name}`);
    const stage = settleGpus(spec, raw, params).value;
    settled.set(name, stage);
    return stage;
  };
}

class UnpackedNode implements GraphNode {
  readonly id: NodeId;
  readonly inputs: readonly NodeInput[];
  readonly outputs: readonly NodeOutput[];
  readonly upstream: readonly NodeId[];
  readonly #row: PackedNode;
  readonly #stage: PackedStage;
  readonly #around: Surroundings;

  constructor(row: PackedNode, stage: PackedStage, around: Surroundings) {
    this.#row = row;
    this.#stage = stage;
    this.#around = around;
    const [, cell, , inputs, paths] = row;
    this.id = (cell === 0 ? stage[0] : `${stage[0]}/${cell[0]}`) as NodeId;
    this.outputs = stage[3].map(([name, volatile, mutable], i) => ({
      name,
      path: paths[i] ?? '',
      volatile: volatile === 1,
      mutable,
    }));
    this.inputs = inputs.map(([name, as, output, sources]) => ({
      name,
      as: as === 1 ? 'params' : 'file',
      provenance: as === 2,
      sources: sources.map((one) => this.#unpackSource(one, output)),
    }));
    this.upstream = this.#findUpstream();
  }

  #unpackSource(one: string | number, output: string | 0): InputSource {
    if (typeof one === 'string') return { kind: 'file', path: one };
    const node = this.#nodeAt(one);
    const path = node.outputs.find((made) => made.name === output)?.path ?? '';
    return { kind: 'output', node: node.id, output: String(output), path };
  }

  #findUpstream(): readonly NodeId[] {
    const [, , , , , needs] = this.#row;
    if (needs.length > 0) return needs.map((place) => this.#nodeAt(place).id);
    const upstream: NodeId[] = [];
    for (const { sources } of this.inputs) {
      for (const source of sources) if (source.kind === 'output') upstream.push(source.node);
    }
    return upstream.length < 2 ? upstream : [...new Set(upstream)];
  }

  get stage(): StageSpec {
    return this.#around.stageOf(this.#stage[0]);
  }

  get cell(): Cell {
    const [, cell] = this.#row;
    if (cell === 0) return {};
    const [, ...values] = cell;
    return Object.fromEntries(this.#stage[1].map((axis, i) => [axis, values[i] ?? '']));
  }

  get action(): StageAction {
    const [, , module] = this.#row;
    return module === 0 ? this.#stage[5] : { kind: 'module', module };
  }

  get env(): readonly string[] {
    return this.#stage[4];
  }

  get variables(): JsonObject {
    const [, cell] = this.#row;
    const { params, profile } = this.#around.packed;
    return { ...params, ...this.cell, profile, name: cell === 0 ? this.#stage[0] : cell[0] };
  }

  get params(): JsonObject {
    const { variables } = this;
    const params: Record<string, Json> = {};
    for (const name of this.#stage[2]) params[name] = lookUp(variables, name.split('.')) ?? null;
    return params;
  }

  #nodeAt(place: number): UnpackedNode {
    const node = this.#around.all[place];
    if (node === undefined) throw new Error(`a packed node needs one at ${place}`);
    return node;
  }
}
