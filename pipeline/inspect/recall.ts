import { type Stats, statSync } from 'node:fs';
import { isInPlace } from '../cache/restore.ts';
import type { ResultOutput, ResultRecord, ResultStore } from '../cache/results.ts';
import type { JsonObject } from '../contract/values.ts';
import type { FileMemo } from '../fingerprint/file-memo.ts';
import { contentId, hasContent, type PathContent } from '../fingerprint/path-content.ts';
import type { Fingerprint } from '../fingerprint/record.ts';
import type { Graph, GraphNode, NodeId } from '../graph/types.ts';
import type { IgnoreRules } from '../ignore/ignore-rules.ts';
import { isSystemError } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { readMemo, writeMemo } from '../system/memo-file.ts';
import { resolveIn } from '../system/resolve-path.ts';
import { type DescriptionTools, describeNode, formatObserved } from './describe-node.ts';
import type { Inspection } from './inspect.ts';
import { packRows, type RecallPath, type RecallRow, RecallTable } from './recall-table.ts';

/** A node that is up to date. */
export interface RecalledNode {
  readonly fingerprint: Fingerprint;
  readonly outputs: Readonly<Record<string, ResultOutput>>;
  readonly summary: JsonObject;
}

/** What decides beside the graph whether a node is recalled. */
export interface RecallTools extends DescriptionTools {
  readonly layout: StateLayout;
  readonly files: FileMemo;
  /** What in folders does not count. */
  readonly ignored: IgnoreRules;
  readonly results: ResultStore;
}

/**
 * Nodes that were up to date when a run last ended, with what was looked at for that: the contents
 * of inputs and outputs, the code, the environment, the file of the result record. Where all of it,
 * for the node and all upstream, is the same, inspection would find the same; it is left out.
 */
export class Recall {
  readonly #path: string;
  readonly #graph: Graph;
  readonly #graphId: string;
  readonly #tools: RecallTools;
  readonly #fresh = new Map<NodeId, RecallRow>();
  #table: RecallTable | undefined;

  /**
   * @param graphId digest of all that the graph says
   * @param path file that keeps the memory; losing it costs time only
   */
  constructor(graph: Graph, graphId: string, path: string, tools: RecallTools) {
    this.#graph = graph;
    this.#graphId = graphId;
    this.#path = path;
    this.#tools = tools;
  }

  /** Those of some nodes that are recalled. @param nodes closed under upstream */
  async find(nodes: readonly GraphNode[]): Promise<ReadonlyMap<NodeId, RecalledNode>> {
    const table = this.#openTable();
    const look = new Look(table, this.#tools);
    const asked = new Set(nodes.map(({ id }) => id));
    const found = new Map<NodeId, RecalledNode>();
    let place = -1;
    for (const node of this.#graph.nodes.values()) {
      place++;
      if (!table.has(place) || !asked.has(node.id)) continue;
      if (!node.upstream.every((id) => found.has(id))) continue;
      const context = table.contextAt(place);
      // It is empty where there is nothing to look up, and that the graph says.
      if (context !== '' && context !== (await this.#observe(node))) continue;
      if (look.isSame(place, node)) found.set(node.id, new PackedNode(table, place));
    }
    return found;
  }

  /** Notes that a node is up to date now. */
  keep({ node, description, fingerprint, contents }: Inspection, result: ResultRecord): void {
    const stamp = this.#tools.results.stampOf(fingerprint);
    if (stamp === undefined) return;
    const outputs = node.outputs.flatMap(({ name, path }): RecallPath[] => {
      const output = result.outputs[name];
      const isCompared = output !== undefined && output.mutable === undefined;
      return isCompared ? [{ path, content: `${output.kind}:${output.digest}` }] : [];
    });
    this.#fresh.set(node.id, {
      fingerprint,
      stamp,
      context: formatObserved(description),
      paths: [...contents, ...outputs],
      hasMutable: node.outputs.length > outputs.length,
      outputs: JSON.stringify(result.outputs),
      summary: JSON.stringify(result.summary),
    });
  }

  /** Writes the memory back, if anything changed. @param asideFolder see {@link writeMemo} */
  save(asideFolder: string): void {
    if (this.#fresh.size === 0) return;
    const table = this.#openTable();
    const rows: (RecallRow | undefined)[] = [];
    /** A row says what followed from the rows upstream, and goes when one of them is another. */
    const changed = new Set<NodeId>();
    for (const { id, upstream } of this.#graph.nodes.values()) {
      const fresh = this.#fresh.get(id);
      const isChanged = fresh !== undefined || upstream.some((above) => changed.has(above));
      if (isChanged) changed.add(id);
      rows.push(isChanged ? fresh : table.rowAt(rows.length));
    }
    writeMemo(this.#path, packRows(rows, this.#graphId), asideFolder);
    this.#fresh.clear();
  }

  /** What decides a node and is neither in the graph nor in its inputs; null where it cannot be told. */
  async #observe(node: GraphNode): Promise<string | null> {
    const described = await describeNode(node, this.#tools);
    return described.ok ? formatObserved(described.value) : null;
  }

  #openTable(): RecallTable {
    const pack = readMemo(this.#path)?.content ?? new Uint8Array();
    this.#table ??= new RecallTable(pack, this.#graphId);
    return this.#table;
  }
}

/** One look at the files of nodes; each file is looked at once. */
class Look {
  readonly #table: RecallTable;
  readonly #tools: RecallTools;
  /** Of each path: 0 not looked at, 1 the same, 2 not. */
  readonly #seen: Uint8Array;

  constructor(table: RecallTable, tools: RecallTools) {
    this.#table = table;
    this.#tools = tools;
    this.#seen = new Uint8Array(table.pathCount);
  }

  /** Whether a node's own paths and its result record are as they were. */
  isSame(place: number, node: GraphNode): boolean {
    for (const reference of this.#table.pathsOf(place)) {
      if (this.#seen[reference] === 0) {
        this.#seen[reference] = this.#holdsContent(reference) ? 1 : 2;
      }
      if (this.#seen[reference] === 2) return false;
    }
    const record = this.#tools.layout.result(this.#table.fingerprintAt(place));
    const stats: Stats | undefined = statSync(record, { throwIfNoEntry: false });
    if (stats === undefined || !this.#table.hasStamp(place, stats)) return false;
    return !this.#table.hasMutable(place) || this.#hasBlocksInPlace(place, node);
  }

  #holdsContent(reference: number): boolean {
    const { files, ignored, layout } = this.#tools;
    const path = resolveIn(layout.workspace, this.#table.pathAt(reference));
    const kind = this.#table.kindAt(reference);
    const digest = this.#table.digestAt(reference);
    try {
      const known = kind === 'tree' ? undefined : files.recall(path, kind);
      if (known !== undefined) return known === digest;
      const expected = `${kind}:${digest}`;
      if (holds(files.read(path, ignored.below(path)), expected)) return true;
      // Of an output all that the stage wrote counts.
      return kind === 'tree' && holds(files.read(path), expected);
    } catch (error) {
      // Who inspects the node tells of it.
      if (isSystemError(error)) return false;
      throw error;
    }
  }

  /** Outputs of which some keys do not count are compared by what is left of them. */
  #hasBlocksInPlace(place: number, node: GraphNode): boolean {
    const { files, layout } = this.#tools;
    const outputs = parseOutputs(this.#table, place);
    return node.outputs.every(({ name, path }) => {
      const output = outputs[name];
      if (output?.mutable === undefined) return output !== undefined;
      return isInPlace(resolveIn(layout.workspace, path), output, files);
    });
  }
}

function holds(content: PathContent, expected: string): boolean {
  return hasContent(content) && contentId(content) === expected;
}

/** A recalled node whose result is unpacked when it is asked for. */
class PackedNode implements RecalledNode {
  readonly #table: RecallTable;
  readonly #place: number;

  constructor(table: RecallTable, place: number) {
    this.#table = table;
    this.#place = place;
  }

  get fingerprint(): Fingerprint {
    return this.#table.fingerprintAt(this.#place);
  }

  get outputs(): Readonly<Record<string, ResultOutput>> {
    return parseOutputs(this.#table, this.#place);
  }

  get summary(): JsonObject {
    return JSON.parse(this.#table.summaryAt(this.#place)) as JsonObject;
  }
}

function parseOutputs(table: RecallTable, place: number): Readonly<Record<string, ResultOutput>> {
  return JSON.parse(table.outputsAt(place)) as Readonly<Record<string, ResultOutput>>;
}
