/** Inspection: which nodes are as they were, so that nobody need inspect them. */

import type { FiledResult, ResultOutput, ResultRecord, ResultStore } from '../cache/results.ts';
import type { JsonObject } from '../contract/values.ts';
import { readStates } from '../fingerprint/found-states.ts';
import type { InputTools } from '../fingerprint/read-input.ts';
import type { Fingerprint } from '../fingerprint/record.ts';
import type { Graph, GraphNode, NodeId } from '../graph/types.ts';
import { readMemo, writeMemo } from '../system/memo-file.ts';
import {
  DECLARED_BYTES,
  type DescriptionTools,
  describeNode,
  formatObserved,
  parseFound,
} from './describe-node.ts';
import type { Inspection } from './inspect.ts';
import { packRows } from './pack-rows.ts';
import { parseOutputs, RecallLook, type RecallLookTools } from './recall-look.ts';
import { type RecallPath, type RecallRow, RecallTable } from './recall-table.ts';

/** A node that is up to date, by what its result was when that was last seen. */
export interface RecalledNode {
  readonly fingerprint: Fingerprint;
  readonly outputs: Readonly<Record<string, ResultOutput>>;
  readonly summary: JsonObject;
  /** All of it, unpacked at each call. */
  readonly readResult: () => FiledResult;
}

/** What decides, beside what the graph says of it, whether a node is recalled. */
export interface RecallTools extends DescriptionTools, RecallLookTools, InputTools {
  readonly results: ResultStore;
}

/**
 * Nodes that were up to date when a command last looked, each with what the graph said of it and what
 * was looked at: the contents of inputs and outputs, the code, the environment, the file of the result
 * record. Where all of it, for the node and all upstream, is the same, inspection would find the same;
 * it is left out.
 */
export class Recall {
  readonly #path: string;
  readonly #graph: Graph;
  readonly #declared: Uint8Array;
  readonly #tools: RecallTools;
  readonly #fresh = new Map<NodeId, RecallRow>();
  #table: RecallTable | undefined;

  /**
   * @param declared what the graph says of its nodes, see {@link digestDeclared}
   * @param path file that keeps the memory; losing it costs time only
   */
  constructor(graph: Graph, declared: Uint8Array, path: string, tools: RecallTools) {
    this.#graph = graph;
    this.#declared = declared;
    this.#path = path;
    this.#tools = tools;
  }

  /** Of some nodes, those that are as they were. @param nodes closed under upstream */
  async find(nodes: readonly GraphNode[]): Promise<ReadonlyMap<NodeId, RecalledNode>> {
    const table = this.#openTable();
    const rowOf = this.#matchRows(table);
    const look = new RecallLook(table, this.#tools);
    const asked = new Set(nodes.map(({ id }) => id));
    const found = new Map<NodeId, RecalledNode>();
    let place = -1;
    for (const node of this.#graph.nodes.values()) {
      place++;
      const row = rowOf(place);
      if (!table.has(row) || !asked.has(node.id)) continue;
      if (!node.upstream.every((id) => found.has(id))) continue;
      const observed = table.observedAt(row);
      // It is empty where there is nothing to look up, and that the graph says.
      if (observed !== '' && observed !== (await this.#observe(node, observed))) continue;
      if (look.isSame(row, node)) found.set(node.id, new PackedNode(table, row));
    }
    return found;
  }

  /** Notes that a node is up to date now, unless each run has something to tell of its result. */
  keep(
    { node, description, fingerprint, record, contents }: Inspection,
    result: ResultRecord,
  ): void {
    const stamp = this.#tools.results.stampOf(fingerprint);
    const { outputs, summary, undeclared, provenance, accepted, sources, log } = result;
    if (stamp === undefined || (undeclared ?? []).length > 0) return;
    const compared = node.outputs.flatMap(({ name, path }): RecallPath[] => {
      const output = outputs[name];
      const isCompared = output !== undefined && output.mutable === undefined;
      return isCompared ? [{ path, content: `${output.kind}:${output.digest}` }] : [];
    });
    this.#fresh.set(node.id, {
      fingerprint,
      stamp,
      observed: formatObserved(description.observed, record.found),
      paths: [...contents, ...compared],
      hasMutable: node.outputs.length > compared.length,
      outputs: JSON.stringify(outputs),
      summary: JSON.stringify(summary),
      origin: JSON.stringify({ undeclared, provenance, accepted, sources, log }),
    });
  }

  /** Writes the memory back, if anything changed. @param asideFolder see {@link writeMemo} */
  save(asideFolder: string): void {
    if (this.#fresh.size === 0) return;
    const table = this.#openTable();
    const rowOf = this.#matchRows(table);
    const rows: (RecallRow | number | undefined)[] = [];
    /** A row says what followed from the rows upstream, and goes when one of them is another. */
    const changed = new Set<NodeId>();
    for (const { id, upstream } of this.#graph.nodes.values()) {
      const fresh = this.#fresh.get(id);
      const isChanged = fresh !== undefined || upstream.some((above) => changed.has(above));
      if (isChanged) changed.add(id);
      rows.push(isChanged ? fresh : rowOf(rows.length));
    }
    writeMemo(this.#path, packRows(rows, table, this.#declared), asideFolder);
    this.#fresh.clear();
  }

  /**
   * What decides a node and is neither in the graph nor in its declared inputs; null where it cannot be told.
   *
   * @param before what that was
   */
  async #observe(node: GraphNode, before: string): Promise<string | null> {
    const described = await describeNode(node, this.#tools);
    if (!described.ok) return null;
    const { observed } = described.value;
    if (!node.findsInputs) return formatObserved(observed);
    const keys = Object.keys(parseFound(before));
    return formatObserved(observed, readStates(keys, this.#graph, this.#tools));
  }

  /** The row of the node at a place in the graph, by what the graph says of it; -1 for none. */
  #matchRows({ columns: { declared } }: RecallTable): (place: number) => number {
    if (Buffer.compare(declared, this.#declared) === 0) return (place) => place;
    const digestsOf = (column: Uint8Array) => {
      const hex = Buffer.from(column).toString('hex');
      const length = DECLARED_BYTES * 2;
      return (at: number) => hex.slice(at * length, (at + 1) * length);
    };
    const then = digestsOf(declared);
    const rows = new Map<string, number>();
    for (let row = 0; row < declared.length / DECLARED_BYTES; row++) rows.set(then(row), row);
    const now = digestsOf(this.#declared);
    return (place) => rows.get(now(place)) ?? -1;
  }

  #openTable(): RecallTable {
    this.#table ??= new RecallTable(readMemo(this.#path)?.content ?? new Uint8Array());
    return this.#table;
  }
}

type ResultOrigin = Omit<FiledResult, 'fingerprint' | 'outputs' | 'summary'>;

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

  readResult(): FiledResult {
    const { fingerprint, outputs, summary } = this;
    const origin = JSON.parse(this.#table.originAt(this.#place)) as ResultOrigin;
    return { ...origin, fingerprint, outputs, summary };
  }
}
