/** A node of a graph, linked otherwise. */

import type { GraphNode } from './types.ts';

/** A node with other links; a node may work out the rest only when it is asked, so it is not spread. */
export function relinkNode(
  node: GraphNode,
  links: Partial<Pick<GraphNode, 'inputs' | 'outputs' | 'upstream' | 'apart'>>,
): GraphNode {
  const { id, stage, cell, action, mayRunCode, code, variables, apart } = node;
  const { env, machine, params, inputs, findsInputs, outputs, upstream } = node;
  const rest = {
    id,
    stage,
    cell,
    action,
    mayRunCode,
    code,
    variables,
    env,
    machine,
    params,
    apart,
    findsInputs,
  };
  return { ...rest, inputs, outputs, upstream, ...links };
}
