import type { GraphNode, NodeId } from '../graph/types.ts';
import { isForced } from '../inspect/forced.ts';
import type { Inspection } from '../inspect/inspect.ts';
import type { NodeEnds } from './node-ends.ts';
import type { RestoredOutputs } from './restore-outputs.ts';
import type { RunParts } from './run-parts.ts';

/** Looks at the nodes of a run, and restores those that the cache has a result of. */
export class NodeLooks {
  readonly #parts: RunParts;
  readonly #ends: NodeEnds;
  /** Nodes whose cached result could not be restored, which is told once. */
  readonly #unrestored = new Set<NodeId>();

  constructor(parts: RunParts, ends: NodeEnds) {
    this.#parts = parts;
    this.#ends = ends;
  }

  /**
   * Looks at a node with its inputs as they are now, fails it where they cannot be read, and is done with
   * it where it has a result.
   *
   * @param startedAt milliseconds since the epoch
   * @returns what has to run; null where nothing is left to do
   */
  async findWork(node: GraphNode, startedAt: number): Promise<Inspection | null> {
    const looked = await this.#parts.inspector.inspect(node);
    if (!looked.ok) {
      this.#ends.fail(node, looked.message, null, startedAt);
      return null;
    }
    return (await this.useHit(looked.inspection, startedAt)) ? null : looked.inspection;
  }

  /** Restores the result of a node that has one, or fails it where that cannot be restored. @returns whether */
  async useHit(inspection: Inspection, startedAt: number): Promise<boolean> {
    const { options, auditor, restorer, places, outcomes } = this.#parts;
    const { node, result } = inspection;
    if (result === null || isForced(options.settings.force, node)) return false;
    if (auditor.isToBeRemade(node, result)) return false;
    const { undeclared = null } = result;
    const objection = auditor.objectTo(node, undeclared);
    if (objection !== null) {
      this.#ends.fail(node, objection, null, startedAt);
      return true;
    }
    // Inspection has just looked; ten thousand nodes would be looked at twice.
    const brought: RestoredOutputs =
      inspection.misplaced.length === 0
        ? { ok: true, restored: false }
        : await restorer.restore(inspection, result.outputs);
    if (!brought.ok && brought.cause === 'cache') {
      this.#tellUnrestored(node, brought.text);
      return false;
    }
    if (!brought.ok && brought.cause !== 'read') {
      this.#ends.fail(node, brought.text, null, startedAt);
      return true;
    }
    // Who reads it in this run brings it to its place.
    if (!brought.ok) places.postpone(inspection);
    this.#ends.succeed(inspection, result);
    auditor.tell(node, undeclared);
    outcomes.cached(node, brought.ok && brought.restored, result.summary);
    return true;
  }

  #tellUnrestored(node: GraphNode, text: string): void {
    if (!this.#unrestored.has(node.id)) {
      this.#parts.outcomes.warn(node, `${text}; it is made again`);
    }
    this.#unrestored.add(node.id);
  }
}
