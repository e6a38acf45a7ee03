/** The order in which nodes can run, and the cycle if there is one. */

import type { Diagnostic } from '../pipeline-file/diagnostic.ts';
import type { PipelineSpec } from '../pipeline-file/types.ts';
import type { GraphNode, NodeId } from './types.ts';

/**
 * Orders nodes topologically, keeping the order of the file where it is free (Kahn's algorithm on
 * levels). Nodes on or behind a cycle are left out, and one cycle is described.
 */
export function orderTopologically(
  spec: PipelineSpec,
  nodes: readonly GraphNode[],
): { nodes: Map<NodeId, GraphNode>; diagnostics: Diagnostic[] } {
  const waiting = new Map<NodeId, number>();
  const downstream = new Map<NodeId, GraphNode[]>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  for (const node of nodes) {
    waiting.set(node.id, node.upstream.length);
    for (const id of node.upstream) {
      const list = downstream.get(id);
      if (list === undefined) downstream.set(id, [node]);
      else list.push(node);
    }
  }
  const ordered = new Map<NodeId, GraphNode>();
  let ready = nodes.filter((node) => node.upstream.length === 0);
  while (ready.length > 0) {
    const next: GraphNode[] = [];
    for (const node of ready) {
      ordered.set(node.id, node);
      for (const follower of downstream.get(node.id) ?? []) {
        const left = (waiting.get(follower.id) ?? 0) - 1;
        waiting.set(follower.id, left);
        if (left === 0) next.push(follower);
      }
    }
    ready = next;
  }
  if (ordered.size === nodes.length) return { nodes: ordered, diagnostics: [] };
  const stuck = nodes.find((node) => !ordered.has(node.id));
  const diagnostics = stuck === undefined ? [] : [describeCycle(spec, stuck, byId, ordered)];
  return { nodes: ordered, diagnostics };
}

/** Walks upstream from a node that is stuck until one repeats: that is a cycle. */
function describeCycle(
  spec: PipelineSpec,
  start: GraphNode,
  byId: ReadonlyMap<NodeId, GraphNode>,
  ordered: ReadonlyMap<NodeId, GraphNode>,
): Diagnostic {
  const trail: GraphNode[] = [];
  let node: GraphNode | undefined = start;
  while (node !== undefined && !trail.includes(node)) {
    trail.push(node);
    const stuckUpstream: NodeId | undefined = node.upstream.find((id) => !ordered.has(id));
    node = stuckUpstream === undefined ? undefined : byId.get(stuckUpstream);
  }
  const cycle = node === undefined ? trail : trail.slice(trail.indexOf(node));
  const first = cycle[0] ?? start;
  const next = cycle[1] ?? first;
  const input = first.inputs.find(({ sources }) =>
    sources.some((source) => source.kind === 'output' && source.node === next.id),
  );
  const stage = ['stages', first.stage.name];
  return {
    code: 'cycle',
    message: `a cycle: ${[...cycle, first].map(({ id }) => id).join(' needs ')}`,
    location: spec.source.locateKey(
      input === undefined ? [...stage, 'needs'] : [...stage, 'inputs', input.name],
    ),
    expected: 'stages that do not need their own results',
    hint: 'remove one of these inputs',
  };
}
