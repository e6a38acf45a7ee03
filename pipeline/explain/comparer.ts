/** A node today and its earlier results → the nearest one, and what differs from it. */

import type { RunHistory } from '../cache/history.ts';
import type { KeptContent } from '../cache/kept-content.ts';
import type { PastRun } from '../cache/past-runs.ts';
import type { ResultRecord } from '../cache/results.ts';
import type { Digest } from '../fingerprint/canonical.ts';
import type { CodeIdentity } from '../fingerprint/code-rows.ts';
import { readStates } from '../fingerprint/found-states.ts';
import { readInput } from '../fingerprint/read-input.ts';
import type { FingerprintRecord } from '../fingerprint/record.ts';
import type { TreeManifest } from '../fingerprint/tree-manifest.ts';
import type { Graph, GraphNode } from '../graph/types.ts';
import { guessRecord, type NodeDescription } from '../inspect/describe-node.ts';
import { actionText } from '../inspect/ingredients.ts';
import type { Inspection, InspectionTools } from '../inspect/inspect.ts';
import { compareRecords } from './compare-records.ts';
import { type DetailSide, detailDifference } from './detail-difference.ts';
import type { Difference } from './difference.ts';
import { type EarlierResult, findNearest } from './find-nearest.ts';

/** What explaining reads. */
export interface ExplainTools extends InspectionTools {
  readonly history: RunHistory;
}

/** An earlier result and what is different today, with texts and files. */
export interface ResultComparison {
  readonly earlier: ResultRecord;
  readonly differences: readonly Difference[];
}

/** A node as it is today. */
export type Today = Pick<Inspection, 'node' | 'record' | 'code'>;

/** So many of the newest results of a node are compared; a node's thousand others cost nothing. */
const MAX_CANDIDATES = 200;

/** Compares nodes with their earlier results. */
export class Comparer {
  readonly #tools: ExplainTools;
  readonly #kept: KeptContent;
  readonly #graph: Graph;
  readonly #stages: ReadonlySet<string>;

  constructor(tools: ExplainTools, kept: KeptContent, graph: Graph) {
    this.#tools = tools;
    this.#graph = graph;
    this.#stages = new Set(Object.keys(graph.spec.stages));
    this.#kept = kept;
  }

  /**
   * Compares a node with the nearest of its earlier results; null where it has none. One that has a
   * result today is compared with those from before that.
   */
  compare({ node, fingerprint, record, result, code }: Inspection): ResultComparison | null {
    const before = result?.provenance.startedAt;
    const earlier = this.findEarlier(node)
      .filter((one) => one.fingerprint !== fingerprint)
      .filter(({ provenance }) => before === undefined || provenance.startedAt < before);
    return this.#compareNearest(earlier, () => record, node, code);
  }

  /**
   * Compares a node whose inputs are not known yet with the nearest of its earlier results, by all
   * else; null where it has none.
   *
   * @param code the node's code today
   */
  compareKnown(description: NodeDescription, code: CodeIdentity | null): ResultComparison | null {
    const { node } = description;
    const guess = (earlier: FingerprintRecord) =>
      guessRecord(description, earlier, this.#tools.ingredients);
    return this.#compareNearest(this.findEarlier(node), guess, node, code);
  }

  /** Compares a node with one of its earlier results. */
  compareWith(earlier: ResultRecord, { node, record, code }: Today): ResultComparison {
    const differences = this.#listDifferences(earlier, record);
    return {
      earlier,
      differences: differences.map((one) => this.#detail(one, earlier, node, code)),
    };
  }

  /**
   * The earlier results of a node, the newest first; where it has none under its name, those of a stage
   * that did the same and is gone, because it was renamed.
   */
  findEarlier(node: GraphNode): ResultRecord[] {
    const { stage, id, cell } = node;
    const { history } = this.#tools;
    const own = this.#readAll(history.ofNode(stage.name, id, cell));
    if (own.length > 0) return own;
    const gone = this.#readAll(history.ofGoneStages(this.#stages, cell));
    return gone.filter(({ record }) => doesTheSame(record, node));
  }

  #readAll(runs: readonly PastRun[]): ResultRecord[] {
    return runs
      .slice(0, MAX_CANDIDATES)
      .flatMap(({ fingerprint }) => this.#tools.results.read(fingerprint).result ?? []);
  }

  #compareNearest(
    earlier: readonly ResultRecord[],
    today: (earlier: FingerprintRecord) => FingerprintRecord,
    node: GraphNode,
    code: CodeIdentity | null,
  ): ResultComparison | null {
    const candidates: EarlierResult[] = earlier.map((result) => ({
      result,
      differences: this.#listDifferences(result, today(result.record)),
    }));
    const nearest = findNearest(candidates);
    if (nearest === null) return null;
    const record = today(nearest.result.record);
    return this.compareWith(nearest.result, { node, record, code });
  }

  #listDifferences(earlier: ResultRecord, today: FingerprintRecord): Difference[] {
    const now = this.#readAsThen(earlier.record, today);
    return compareRecords(earlier.record, now, (digest) => this.#kept.code(digest));
  }

  /** Today's record with what stands now where an earlier result has read, which may be elsewhere than others. */
  #readAsThen({ found }: FingerprintRecord, today: FingerprintRecord): FingerprintRecord {
    if (found === undefined || today.found === undefined) return today;
    return { ...today, found: readStates(Object.keys(found), this.#graph, this.#tools) };
  }

  /** Adds texts and files to a difference. */
  #detail(
    difference: Difference,
    earlier: ResultRecord,
    node: GraphNode,
    code: CodeIdentity | null,
  ): Difference {
    const path = difference.kind === 'input' ? findPath(difference, node) : null;
    const sideOf = (sources: Digest | null, standing: string | null): DetailSide => ({
      source: (module) => this.#kept.source(sources, module),
      tree: (digest) => this.#readTree(digest, standing),
    });
    const before = sideOf(earlier.sources, null);
    const after = sideOf(code?.sources ?? null, path);
    const detailed = detailDifference(difference, before, after);
    return detailed.kind === 'input' ? { ...detailed, path } : detailed;
  }

  /** The files of a folder, as they were kept or as they stand at a path with that content. */
  #readTree(digest: Digest, path: string | null): TreeManifest | null {
    const kept = this.#kept.tree(digest);
    if (kept !== null || path === null) return kept;
    const standing = readInput(path, this.#tools);
    return standing.kind === 'tree' && standing.digest === digest ? standing.manifest : null;
  }
}

/** Where a source of an input stands today; null where it is gone. */
function findPath(
  { name, index, change }: Difference & { readonly kind: 'input' },
  { inputs }: GraphNode,
): string | null {
  if (change === 'removed') return null;
  return inputs.find((input) => input.name === name)?.sources[index]?.path ?? null;
}

/** Whether a record is of the same command, module or template with the same outputs. */
function doesTheSame({ run, outputs }: FingerprintRecord, node: GraphNode): boolean {
  const names = node.outputs.map(({ name }) => name);
  return (
    run.kind === node.action.kind &&
    run.text === actionText(node) &&
    Object.keys(outputs).sort().join() === names.sort().join()
  );
}
