import type { GraphNode, NodeId } from '../graph/types.ts';
import { isForced } from '../inspect/forced.ts';
import type { Inspection } from '../inspect/inspect.ts';
import type { NodeEnds } from './node-ends.ts';
import type { PlaceResult } from './restore-outputs.ts';
import type { RunParts } from './run-parts.ts';

/** Looks at the nodes of a run, and settles those that the cache has a result of. */
export class NodeLooks {
  readonly #parts: RunParts;
  readonly #ends: NodeEnds;
  /** Nodes whose cached result could not be placed, which is told once. */
  readonly #unplaced = new Set<NodeId>();

  constructor(parts: RunParts, ends: NodeEnds) {
    this.#parts = parts;
    this.#ends = ends;
  }

  /**
   * Looks at a node with its inputs as they are now, fails it where they cannot be read, and settles
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
    return (await this.settleHit(looked.inspection, startedAt)) ? null : looked.inspection;
  }

  /** Settles a node that has a result, or fails it where that cannot be placed. @returns whether */
  async settleHit(inspection: Inspection, startedAt: number): Promise<boolean> {
    const { options, auditor, placer, places, outcomes } = this.#parts;
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
    const placed: PlaceResult =
      inspection.misplaced.length === 0
        ? { ok: true, restored: false }
        : await placer.place(inspection, result.outputs);
    if (!placed.ok && placed.cause === 'cache') {
      this.#tellUnplaced(node, placed.text);
      return false;
    }
    if (!placed.ok && placed.cause !== 'read') {
      this.#ends.fail(node, placed.text, null, startedAt);
      return true;
    }
    // Who reads it in this run brings it to its place.
    if (!placed.ok) places.postpone(inspection);
    this.#ends.settle(inspection, result);
    auditor.tell(node, undeclared);
    outcomes.cached(node, placed.ok && placed.restored, result.summary);
    return true;
  }

  #tellUnplaced(node: GraphNode, text: string): void {
    if (!this.#unplaced.has(node.id)) {
      this.#parts.outcomes.warn(node, `${text}; it is made again`);
    }
    this.#unplaced.add(node.id);
  }
}
