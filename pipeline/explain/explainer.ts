/** Follows a difference upstream, node by node, to the cause that a person can act on. */

import { KeptContent } from '../cache/kept-content.ts';
import type { ResultRecord } from '../cache/results.ts';
import type { JsonObject } from '../contract/values.ts';
import { digestOf } from '../fingerprint/path-content.ts';
import type { ContentId } from '../fingerprint/record.ts';
import type { Graph, GraphNode, InputSource } from '../graph/types.ts';
import type { Inspection } from '../inspect/inspect.ts';
import { lengthenChains, mergeCauses } from './causes.ts';
import { Comparer, type ExplainTools, type ResultComparison, type Today } from './comparer.ts';
import type { Cause, Difference } from './difference.ts';
import { findProducer } from './find-producer.ts';

type OutputSource = InputSource & { readonly kind: 'output' };

/**
 * Finds out why nodes have to run, by what differs from earlier results. Nodes are told to it as
 * they are inspected, in topological order, so that it can follow a change upstream.
 */
export class Explainer {
  readonly comparer: Comparer;
  readonly #graph: Graph;
  readonly #tools: ExplainTools;
  readonly #inspections = new Map<string, Inspection>();
  /** Two fingerprints of a node → what led from one to the other, which many inputs may ask for. */
  readonly #traced = new Map<string, readonly Cause[]>();

  constructor(graph: Graph, tools: ExplainTools) {
    this.#graph = graph;
    this.#tools = tools;
    this.comparer = new Comparer(tools, new KeptContent(tools.objects), graph);
  }

  /** Remembers what a node is like today. */
  note(inspection: Inspection): void {
    this.#inspections.set(inspection.node.id, inspection);
  }

  /** Why a node without a usable result has to run. */
  findCauses(inspection: Inspection): readonly Cause[] {
    const { id } = inspection.node;
    if (inspection.damaged) return [{ chain: [id], reason: { kind: 'damaged-record' } }];
    const comparison = this.comparer.compare(inspection);
    if (comparison === null) return [{ chain: [id], reason: { kind: 'never-run' } }];
    return this.trace(comparison, inspection);
  }

  /**
   * The root causes of what differs: where an input made upstream differs, that is followed to what
   * differed when the input was made, and so on.
   */
  trace({ earlier, differences }: ResultComparison, { node }: Today): readonly Cause[] {
    const followed = new Map<string, readonly Cause[]>();
    const causes = differences.flatMap((difference): readonly Cause[] => {
      const own: Cause = { chain: [node.id], reason: difference };
      const source = findSource(difference, node);
      if (source === null) return [own];
      // All keys of one file of parameters are followed once.
      const key = `${source.node} ${source.output}`;
      const known = followed.get(key);
      if (known !== undefined) return known.length > 0 ? [] : [own];
      const upstream = this.#traceUpstream(earlier, difference, source);
      followed.set(key, upstream);
      return upstream.length === 0 ? [own] : lengthenChains(upstream, node.id);
    });
    return mergeCauses(causes);
  }

  /** What changed in the node that makes an input since it made the input's earlier content. */
  #traceUpstream(
    earlier: ResultRecord,
    difference: Difference,
    source: OutputSource,
  ): readonly Cause[] {
    const upstream = this.#inspections.get(source.node);
    if (upstream === undefined) return [];
    const candidates = this.comparer.findEarlier(upstream.node);
    const origin = findProducer(difference, earlier.record, source, candidates, (content) =>
      this.#readParams(source, content),
    );
    if (origin === null || origin.fingerprint === upstream.fingerprint) return [];
    const key = `${origin.fingerprint} ${upstream.fingerprint}`;
    let causes = this.#traced.get(key);
    if (causes === undefined) {
      causes = this.trace(this.comparer.compareWith(origin, upstream), upstream);
      this.#traced.set(key, causes);
    }
    return causes;
  }

  /** The parameters in a content that an output once had; null where it is not kept. */
  #readParams(source: OutputSource, content: ContentId): JsonObject | null {
    const digest = digestOf(content, 'file');
    if (digest === null || this.#tools.objects.check(digest) !== 'sound') return null;
    const outputs = this.#graph.nodes.get(source.node)?.outputs;
    const mutable = outputs?.find(({ name }) => name === source.output)?.mutable;
    const values = this.#tools.params.read(source, content, mutable ?? []);
    return values.ok ? values.value : null;
  }
}

/** The output upstream that a difference came from; null where it arose in the node itself. */
function findSource(difference: Difference, { inputs }: GraphNode): OutputSource | null {
  let source: InputSource | undefined;
  if (difference.kind === 'input' && ['changed', 'remade'].includes(difference.change)) {
    source = inputs.find(({ name }) => name === difference.name)?.sources[difference.index];
  } else if (difference.kind === 'parameter') {
    source = inputs.find(
      ({ name, as }) => as === 'params' && difference.name.startsWith(`${name}.`),
    )?.sources[0];
  }
  return source?.kind === 'output' ? source : null;
}
