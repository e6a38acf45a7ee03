/** Columns of the memo → the graph, of which only what is looked at is made. */

import type { Json, JsonObject } from '../contract/values.ts';
import type { RawFile } from '../pipeline-file/load-spec.ts';
import { normalizeStage, normalizeStages } from '../pipeline-file/normalize-stages.ts';
import type { PipelineSpec, StageAction, StageSpec } from '../pipeline-file/types.ts';
import type { YamlSource } from '../pipeline-file/yaml-source.ts';
import { GraphPack } from './graph-pack.ts';
import { lookUpVariable } from './interpolate.ts';
import type { PackedNode, PackedStage } from './pack-graph.ts';
import { resolveGpus } from './resolve-gpus.ts';
import { resolveMachine } from './resolve-machine.ts';
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
 * @param columns what {@link packGraph} made
 * @param source of the `pipeline.yaml` that the graph was expanded from
 * @throws Error where columns do not fit together; what is unpacked later throws it when it is
 * looked at
 */
export function unpackGraph(columns: readonly Uint8Array[], source: YamlSource): Graph {
  const pack = new GraphPack(columns);
  const { sections, profile, params, mostGpus, named } = pack.head;
  let stages: Readonly<Record<string, StageSpec>> | undefined;
  const spec: PipelineSpec = {
    ...sections,
    source,
    get stages() {
      stages ??= normalizeStages((source.value as RawFile).stages);
      return stages;
    },
  };
  const around: Surroundings = { pack, stageOf: keepResolved(spec, params), all: [] };
  const nodes = new Map<NodeId, GraphNode>();
  for (const [place, id] of pack.ids.entries()) {
    const node = new UnpackedNode(id, place, around);
    around.all.push(node);
    nodes.set(id, node);
  }
  let fileInputs: readonly string[] | undefined;
  return {
    spec,
    profile,
    params,
    mostGpus,
    named,
    get fileInputs() {
      fileInputs ??= pack.listFileInputs();
      return fileInputs;
    },
    nodes,
  };
}

/** What nodes look up when they are asked. */
interface Surroundings {
  readonly pack: GraphPack;
  readonly stageOf: (name: string) => StageSpec;
  readonly all: UnpackedNode[];
}

const NO_NODES: readonly NodeId[] = [];
const NO_CELL: Cell = {};

/** Stages as nodes have them, each resolved when it is first asked for. */
function keepResolved(spec: PipelineSpec, params: JsonObject): (name: string) => StageSpec {
  const resolved = new Map<string, StageSpec>();
  return (name) => {
    const known = resolved.get(name);
    if (known !== undefined) return known;
    // One by one, because a run of ten thousand stages may ask for a single one.
    const raw = (spec.source.value as RawFile).stages[name];
    if (raw === undefined) throw new Error(`a packed graph with a stage ${name}`);
    const stage = resolveMachine(resolveGpus(normalizeStage(name, raw), params), params);
    resolved.set(name, stage);
    return stage;
  };
}

class UnpackedNode implements GraphNode {
  readonly id: NodeId;
  readonly #place: number;
  readonly #around: Surroundings;
  #row: PackedNode | undefined;
  #inputs: readonly NodeInput[] | undefined;
  #outputs: readonly NodeOutput[] | undefined;
  #upstream: readonly NodeId[] | undefined;
  #action: StageAction | undefined;
  #cell: Cell | undefined;

  constructor(id: NodeId, place: number, around: Surroundings) {
    this.id = id;
    this.#place = place;
    this.#around = around;
  }

  get #packed(): PackedNode {
    this.#row ??= this.#around.pack.nodeAt(this.#place);
    return this.#row;
  }

  get #stage(): PackedStage {
    return this.#around.pack.stageOf(this.#place);
  }

  get outputs(): readonly NodeOutput[] {
    this.#outputs ??= this.#stage[3].map(([name, volatile, mutable], i) => ({
      name,
      path: this.#packed[3][i] ?? '',
      volatile: volatile === 1,
      mutable,
    }));
    return this.#outputs;
  }

  get inputs(): readonly NodeInput[] {
    this.#inputs ??= this.#packed[2].map(([name, as, output, sources]) => ({
      name,
      as: as === 1 ? 'params' : 'file',
      provenance: as === 2,
      sources: sources.map((one) => this.#unpackSource(one, output)),
    }));
    return this.#inputs;
  }

  get upstream(): readonly NodeId[] {
    const { pack } = this.#around;
    if (pack.isSource(this.#place)) return NO_NODES;
    this.#upstream ??= Array.from(pack.upstreamOf(this.#place), (place) => this.#nodeAt(place).id);
    return this.#upstream;
  }

  #unpackSource(one: string | number, output: string | 0): InputSource {
    if (typeof one === 'string') return { kind: 'file', path: one };
    const node = this.#nodeAt(one);
    const path = node.outputs.find((made) => made.name === output)?.path ?? '';
    return { kind: 'output', node: node.id, output: String(output), path };
  }

  get stage(): StageSpec {
    return this.#around.stageOf(this.#stage[0]);
  }

  get cell(): Cell {
    this.#cell ??= this.#unpackCell();
    return this.#cell;
  }

  #unpackCell(): Cell {
    const [cell] = this.#packed;
    if (cell === 0) return NO_CELL;
    const [, ...values] = cell;
    return Object.fromEntries(this.#stage[1].map((axis, i) => [axis, values[i] ?? '']));
  }

  get action(): StageAction {
    this.#action ??= this.#unpackAction();
    return this.#action;
  }

  #unpackAction(): StageAction {
    const { pack } = this.#around;
    const place = this.#place;
    const kind = pack.kindOf(place);
    if (kind === 'module') return { kind, module: this.#packed[1] || '' };
    if (kind === 'template') return this.#stage[5];
    return {
      kind,
      get command() {
        const [, , , , , action] = pack.stageOf(place);
        return action.kind === 'command' ? action.command : '';
      },
    };
  }

  get apart(): string {
    return this.#around.pack.head.apart;
  }

  get mayRunCode(): boolean {
    return this.#around.pack.mayRunCode(this.#place);
  }

  get findsInputs(): boolean {
    return this.#around.pack.findsInputs(this.#place);
  }

  get code(): readonly string[] {
    return this.#stage[6];
  }

  get env(): readonly string[] {
    return this.#stage[4];
  }

  get machine(): readonly string[] {
    return this.#stage[7];
  }

  get variables(): JsonObject {
    const [cell] = this.#packed;
    const { params, profile } = this.#around.pack.head;
    return { ...params, ...this.cell, profile, name: cell === 0 ? this.#stage[0] : cell[0] };
  }

  get params(): JsonObject {
    const { variables } = this;
    const params: Record<string, Json> = {};
    for (const name of this.#stage[2])
      params[name] = lookUpVariable(variables, name.split('.')) ?? null;
    return params;
  }

  #nodeAt(place: number): UnpackedNode {
    const node = this.#around.all[place];
    if (node === undefined) throw new Error(`a packed node needs one at ${place}`);
    return node;
  }
}
