/** `run --pilot`: a graph → a small graph with one node of each stage, in a folder of its own. */

import { PILOT_FOLDER } from '../system/layout.ts';
import { stageOf } from './node-name.ts';
import { moveInto } from './place-apart.ts';
import { relinkNode } from './relink-node.ts';
import { findNodes, type NodeSelection, selectTargets } from './select.ts';
import type { Graph, GraphNode, InputSource, NodeId } from './types.ts';

/** Where the outputs of a pilot stand, from the workspace. */
const OUTPUTS = `${PILOT_FOLDER}/outputs/`;

/**
 * Selects for a pilot: of the stages of some targets, one node each where possible, the first, fed by
 * one node of each stage it reads from. Their outputs stand in a folder of their own.
 *
 * @param graph expanded with the profile's pilot parameters, under which cells may be others: a node
 *   that does not exist then stands for its stage
 */
export function selectPilot(graph: Graph, targets: readonly string[]): NodeSelection {
  const known = targets.map((target) =>
    findNodes(graph, target) === null ? stageOf(target) : target,
  );
  const { nodes, diagnostics } = selectTargets(graph, known);
  return { nodes: chooseNodes(nodes).map((node) => moveOutputs(node)), diagnostics };
}

/**
 * Chooses one node of each stage where possible.
 *
 * @param nodes in topological order, closed under upstream
 * @returns the chosen ones, in topological order and closed under upstream too
 */
function chooseNodes(nodes: readonly GraphNode[]): GraphNode[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const kept = new Map<NodeId, GraphNode>();
  const keep = (node: GraphNode) => {
    if (kept.has(node.id)) return;
    const upstream = new Set<NodeId>();
    /** One of each stage, one that is there anyway if there is one. */
    const choose = (ids: readonly NodeId[]) => {
      const chosen = new Map<string, NodeId>();
      for (const id of ids) {
        const stage = byId.get(id)?.stage.name ?? id;
        const before = chosen.get(stage);
        if (before === undefined || (!kept.has(before) && kept.has(id))) chosen.set(stage, id);
      }
      for (const id of chosen.values()) {
        upstream.add(id);
        const source = byId.get(id);
        if (source !== undefined) keep(source);
      }
      return new Set(chosen.values());
    };
    const inputs = node.inputs.map((input) => {
      const ids = choose(input.sources.flatMap(nodeOf));
      return {
        ...input,
        sources: input.sources.filter((one) => one.kind === 'file' || ids.has(one.node)),
      };
    });
    const read = new Set(node.inputs.flatMap(({ sources }) => sources.flatMap(nodeOf)));
    choose(node.upstream.filter((id) => !read.has(id)));
    kept.set(node.id, relinkNode(node, { inputs, upstream: [...upstream] }));
  };
  const needed = new Set(nodes.flatMap(({ upstream }) => upstream));
  const ends = nodes.filter(({ id }) => !needed.has(id));
  const stages = new Set<string>();
  // Then stages of which no end was led to a node.
  for (const node of [...ends, ...nodes]) {
    const { name } = node.stage;
    if (stages.has(name) || [...kept.values()].some(({ stage }) => stage.name === name)) continue;
    stages.add(name);
    keep(node);
  }
  return nodes.flatMap(({ id }) => kept.get(id) ?? []);
}

function nodeOf(source: InputSource): NodeId[] {
  return source.kind === 'output' ? [source.node] : [];
}

function moveOutputs(node: GraphNode): GraphNode {
  const { inputs, outputs } = moveInto(node, OUTPUTS);
  return relinkNode(node, { inputs, outputs });
}
