/**
 * Running, its looks: nodes as the workspace has them now, and inputs that changed under a stage.
 */

import type { Readings } from '../executor/executor.ts';
import type { Fingerprint } from '../fingerprint/record.ts';
import type { Graph, GraphNode } from '../graph/types.ts';
import type { Inspection, InspectionTools, KnownResults } from '../inspect/inspect.ts';
import { inspectSafely } from '../inspect/inspect-safely.ts';
import type { Result } from '../pipeline-file/diagnostic.ts';
import type { ChangedInput } from './failure.ts';
import { findChangedInput } from './find-changed-input.ts';
import type { Reader } from './run-services.ts';
import { listKeys, type Settled, settleFound } from './settle-found.ts';

/** Looks at the nodes of a workspace; a damaged record that a look finds is put into quarantine. */
export class WorkspaceReader implements Reader {
  readonly #graph: Graph;
  readonly #tools: InspectionTools;
  readonly #stackPath: string | null;
  /** Results whose record was damaged, until they are made again. */
  readonly #damaged = new Set<Fingerprint>();

  /** @param stackPath where the stack traces of bugs of ours go; null for where there is no run */
  constructor(graph: Graph, tools: InspectionTools, stackPath: string | null) {
    this.#graph = graph;
    this.#tools = tools;
    this.#stackPath = stackPath;
  }

  async look(node: GraphNode, known: KnownResults): Promise<Result<Inspection>> {
    const looked = await inspectSafely(this.#graph, node, known, this.#tools, this.#stackPath);
    if (!looked.ok) return looked;
    const { fingerprint, damaged, result } = looked.value;
    if (damaged) {
      this.#tools.results.quarantine(fingerprint);
      this.#damaged.add(fingerprint);
    }
    return {
      ok: true,
      value: { ...looked.value, damaged: result === null && this.#damaged.has(fingerprint) },
    };
  }

  findChange(inspection: Inspection, known: KnownResults): ChangedInput | null {
    return findChangedInput(inspection, known, this.#graph, this.#tools);
  }

  settle(inspection: Inspection, readings: Readings | null): Settled {
    return settleFound(inspection, readings, this.#graph, this.#tools);
  }

  noteReadings({ record }: Inspection, { found }: Readings): void {
    if (found !== null) this.#tools.reads.note(record, listKeys(found));
  }

  forget(): void {
    this.#tools.files.forgetSightings();
  }
}
