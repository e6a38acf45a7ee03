import type { Fingerprint } from '../fingerprint/record.ts';
import type { Graph, GraphNode } from '../graph/types.ts';
import type { Inspection, KnownResults } from '../inspect/inspect.ts';
import { inspectSafely } from '../inspect/inspect-safely.ts';
import { formatPlace, sortDiagnostics } from '../pipeline-file/diagnostic.ts';
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
  readonly #stackPath: string;
  /** Results whose record was damaged, until they are made again. */
  readonly #damaged = new Set<Fingerprint>();

  /**
   * @param known results of the nodes that are done; read every time
   * @param stackPath where the stack traces of bugs of ours go
   */
  constructor(
    graph: Graph,
    known: KnownResults,
    outcomes: Outcomes,
    explainer: RunExplainer | null,
    tools: RunTools,
    stackPath: string,
  ) {
    this.#graph = graph;
    this.#known = known;
    this.#outcomes = outcomes;
    this.#explainer = explainer;
    this.#tools = tools;
    this.#stackPath = stackPath;
  }

  /** Looks at a node with its inputs as they are now. */
  async inspect(node: GraphNode): Promise<InspectionResult> {
    const inspected = await inspectSafely(
      this.#graph,
      node,
      this.#known,
      this.#tools,
      this.#stackPath,
    );
    if (inspected.ok) return { ok: true, inspection: this.#note(inspected.value) };
    const [first] = sortDiagnostics(inspected.diagnostics);
    const place = first === undefined ? '' : `${formatPlace(first.location)}: `;
    const hint = first?.hint === undefined ? '' : `; ${first.hint}`;
    const message = `${place}${first?.message ?? 'its inputs cannot be read'}${hint}`;
    return { ok: false, message };
  }

  /** Puts a damaged record away, and remembers that; tells the explainer. */
  #note(inspection: Inspection): Inspection {
    const { node, fingerprint, result } = inspection;
    if (inspection.damaged) {
      this.#tools.results.quarantine(fingerprint);
      this.#damaged.add(fingerprint);
      this.#outcomes.warn(
        node,
        'its cache record was damaged; it was put into quarantine and is made again',
      );
    }
    const noted = { ...inspection, damaged: result === null && this.#damaged.has(fingerprint) };
    this.#explainer?.note(noted);
    return noted;
  }
}
