/** `--force`: which nodes run although they have a result. */

import type { GraphNode, NodeId } from '../graph/types.ts';

/** Which nodes run although they have a result: all or none of those selected, or these. */
export type Forced = boolean | ReadonlySet<NodeId>;

/** Whether a node runs although it has a result. */
export function isForced(forced: Forced, { id }: GraphNode): boolean {
  return typeof forced === 'boolean' ? forced : forced.has(id);
}
