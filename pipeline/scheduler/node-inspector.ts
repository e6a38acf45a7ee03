import type { Fingerprint } from '../fingerprint/record.ts';
import type { Graph, GraphNode } from '../graph/types.ts';
import { type Inspection, inspectNode, type KnownResults } from '../plan/inspect.ts';
import { sortDiagnostics } from '../spec/diagnostic.ts';
import { isSystemError } from '../system/files.ts';
import type { Outcomes } from './outcomes.ts';
import type { RunTools } from './run-node.ts';

/** Puts into words why nodes run. It is told of every node, whether it runs or not. */
export interface RunExplainer {
  readonly note: (inspection: Inspection) => void;
  /** One line. The node and all that stands upstream were noted. */
  readonly explain: (inspection: Inspection) => string;
}

/** What looking at a node gave, or why its inputs cannot be read. */
export type InspectionResult =
  | { readonly ok: true; readonly inspection: Inspection }
  | { readonly ok: false; readonly message: string };

/** Inspects the nodes of a run, each when its inputs are there and again when it is to start. */
export class NodeInspector {
  readonly #graph: Graph;
  readonly #known: KnownResults;
  readonly #outcomes: Outcomes;
  readonly #explainer: RunExplainer | null;
  readonly #tools: RunTools;
  /** Results whose record was damaged, until they are made again. */
  readonly #damaged = new Set<Fingerprint>();

  /** @param known results of the nodes that are done; read every time */
  constructor(
    graph: Graph,
    known: KnownResults,
    outcomes: Outcomes,
    explainer: RunExplainer | null,
    tools: RunTools,
  ) {
    this.#graph = graph;
    this.#known = known;
    this.#outcomes = outcomes;
    this.#explainer = explainer;
    this.#tools = tools;
  }

  /** Looks at a node with its inputs as they are now. */
  async inspect(node: GraphNode): Promise<InspectionResult> {
    try {
      const inspected = await inspectNode(this.#graph, node, this.#known, this.#tools);
      if (inspected.ok) return { ok: true, inspection: this.#note(inspected.value) };
      const [first] = sortDiagnostics(inspected.diagnostics);
      const place = first === undefined ? '' : `${first.location.file}:${first.location.line}: `;
      const message = `${place}${first?.message ?? 'its inputs cannot be read'}`;
      return { ok: false, message };
    } catch (error) {
      // A file that may not be read, a disk that is full: the user's to mend.
      if (!isSystemError(error)) throw error;
      return { ok: false, message: error.message };
    }
  }

  /** Puts a damaged record away, and remembers that; tells the explainer. */
  #note(inspection: Inspection): Inspection {
    const { node, fingerprint, action } = inspection;
    if (inspection.damaged) {
      this.#tools.actions.quarantine(fingerprint);
      this.#damaged.add(fingerprint);
      this.#outcomes.warn(
        node,
        'its cache record was damaged; it was put into quarantine and is made again',
      );
    }
    const noted = { ...inspection, damaged: action === null && this.#damaged.has(fingerprint) };
    this.#explainer?.note(noted);
    return noted;
  }
}
