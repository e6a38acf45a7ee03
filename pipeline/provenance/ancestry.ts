/** One result → those it was made from, by what the records say. */

import type { RunHistory } from '../cache/history.ts';
import type { ObjectStore } from '../cache/objects.ts';
import type { ResultRecord, ResultStore } from '../cache/results.ts';
import type { JsonObject } from '../contract/values.ts';
import { findByContent, findByParams } from '../explain/find-producer.ts';
import { digestOf } from '../fingerprint/path-content.ts';
import type { ContentId, Fingerprint, InputRecord } from '../fingerprint/record.ts';
import { stageOf } from '../graph/node-name.ts';
import type { Graph, GraphNode, InputSource, NodeId } from '../graph/types.ts';
import type { ParamsReader } from '../inspect/params-reader.ts';

/** What looking up results reads. */
export interface AncestryTools {
  readonly results: ResultStore;
  readonly history: RunHistory;
  readonly objects: ObjectStore;
  readonly params: ParamsReader;
}

/**
 * Follows results upstream by what their records hold: to the result of a fingerprint, else to that
 * whose output had the recorded content. Which file an input `as: params` came from is in no record, so
 * that it is looked up in the pipeline as it is now.
 */
export class Ancestry {
  readonly #graphs: readonly Graph[];
  readonly #tools: AncestryTools;
  readonly #known = new Map<Fingerprint, readonly ResultRecord[]>();

  /** @param graphs the pipeline in the profiles that may have made a result */
  constructor(graphs: readonly Graph[], tools: AncestryTools) {
    this.#graphs = graphs;
    this.#tools = tools;
  }

  /** A result and all it was made from, each once, nearest first; empty where it is not kept. */
  list(fingerprint: string): readonly ResultRecord[] {
    const { result } = this.#tools.results.read(fingerprint as Fingerprint);
    if (result === null) return [];
    const found = new Map([[result.fingerprint, result]]);
    for (const one of found.values()) {
      for (const parent of this.#listParents(one)) found.set(parent.fingerprint, parent);
    }
    return [...found.values()];
  }

  #listParents(result: ResultRecord): readonly ResultRecord[] {
    const known = this.#known.get(result.fingerprint);
    if (known !== undefined) return known;
    const { inputs } = result.record;
    const parents = [
      ...this.#listParamsParents(result),
      ...Object.values(inputs).flatMap((sources) =>
        sources.flatMap((source) => this.#findParent(source) ?? []),
      ),
    ];
    this.#known.set(result.fingerprint, parents);
    return parents;
  }

  #findParent({ node, cell, content, fingerprint }: InputRecord): ResultRecord | null {
    if (node === null) return null;
    if (fingerprint !== undefined) return this.#tools.results.read(fingerprint).result;
    const candidates = this.#listResults(node, cell);
    // The bytes of a volatile output were not recorded: the newest result is the likeliest.
    if (content.endsWith(':volatile')) return candidates[0] ?? null;
    return findByContent(candidates, null, content);
  }

  #listParamsParents({ record }: ResultRecord): readonly ResultRecord[] {
    for (const graph of this.#graphs) {
      const node = graph.nodes.get(record.node as NodeId);
      if (node === undefined) continue;
      const files = node.inputs.filter(({ as }) => as === 'params');
      const parents = files.map(({ name, sources }) => {
        const [source] = sources;
        const maker = source?.kind === 'output' ? graph.nodes.get(source.node) : undefined;
        if (source?.kind !== 'output' || maker === undefined) return null;
        const candidates = this.#listResults(maker.id, maker.cell);
        return findByParams(candidates, source.output, `${name}.`, record.params, (content) =>
          this.#readParams(maker, source, content),
        );
      });
      const found = parents.filter((parent) => parent !== null);
      // A node of the same name in another profile has other parameters.
      if (found.length === files.length) return found;
    }
    return [];
  }

  /** The results of a node, the newest first. */
  #listResults(node: string, cell: JsonObject): ResultRecord[] {
    return this.#tools.history
      .ofNode(stageOf(node), node, cell)
      .flatMap(({ fingerprint }) => this.#tools.results.read(fingerprint).result ?? []);
  }

  #readParams(maker: GraphNode, source: InputSource, content: ContentId): JsonObject | null {
    const digest = digestOf(content, 'file');
    if (digest === null || this.#tools.objects.check(digest) !== 'sound') return null;
    const output = maker.outputs.find(({ path }) => path === source.path);
    const values = this.#tools.params.read(source, content, output?.mutable ?? []);
    return values.ok ? values.value : null;
  }
}
