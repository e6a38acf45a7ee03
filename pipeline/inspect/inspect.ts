/** Inspection: one look at a node: its fingerprint, its result, what is in place. */

import { holdsOutput } from '../cache/holds-output.ts';
import type { ObjectStore } from '../cache/objects.ts';
import type { ReadSets } from '../cache/read-sets.ts';
import type { ResultRecord, ResultStore } from '../cache/results.ts';
import type { Json, JsonObject } from '../contract/values.ts';
import type { Digest } from '../fingerprint/canonical.ts';
import type { CodeIdentity } from '../fingerprint/code-rows.ts';
import type { FileMemo } from '../fingerprint/file-memo.ts';
import { contentId, hasContent } from '../fingerprint/path-content.ts';
import { readInput } from '../fingerprint/read-input.ts';
import {
  type ContentId,
  type Fingerprint,
  type FingerprintRecord,
  hashRecord,
  type InputRecord,
} from '../fingerprint/record.ts';
import type { Graph, GraphNode, InputSource, NodeId } from '../graph/types.ts';
import type { IgnoreRules } from '../ignore/ignore-rules.ts';
import type { Result } from '../pipeline-file/diagnostic.ts';
import { isJsonObject } from '../pipeline-file/types.ts';
import { resolveIn } from '../system/resolve-path.ts';
import {
  type DescriptionTools,
  describeNode,
  makeRecord,
  type NodeDescription,
} from './describe-node.ts';
import { faultyInput, type NoContent } from './faulty-input.ts';
import { type FiledRecord, findByReads } from './find-by-reads.ts';
import { digestCode } from './ingredients.ts';
import type { ParamsReader } from './params-reader.ts';

/** What is known of a node whose upstream outputs are all in place. */
export interface Inspection {
  readonly node: GraphNode;
  readonly description: NodeDescription;
  /** Of a node with `inputs: auto` and no result it is a guess: what it reads is not known before it has run. */
  readonly fingerprint: Fingerprint;
  readonly record: FingerprintRecord;
  readonly code: CodeIdentity | null;
  /** The parameters as the stage will see them, nested, those of `as: params` inputs included. */
  readonly params: JsonObject;
  /** What stood at each input that is a path of the workspace. */
  readonly contents: readonly { readonly path: string; readonly content: ContentId }[];
  /** The result filed under the fingerprint; null where the node must run. */
  readonly result: ResultRecord | null;
  /** Names of outputs whose place in the workspace does not hold the result's content. */
  readonly misplaced: readonly string[];
  /** The record of this fingerprint is damaged; the node counts as never run. */
  readonly damaged: boolean;
}

/** The results of nodes that are done. */
export type KnownResults = ReadonlyMap<NodeId, KnownResult>;

/** What a node downstream needs to know of a result. */
export type KnownResult = Pick<ResultRecord, 'fingerprint' | 'outputs'>;

/** What inspection reads. */
export interface InspectionTools extends DescriptionTools {
  readonly workspace: string;
  readonly objects: ObjectStore;
  readonly results: ResultStore;
  /** What results of nodes with `inputs: auto` were seen to read. */
  readonly reads: ReadSets;
  readonly files: FileMemo;
  /** What in folders does not count. */
  readonly ignored: IgnoreRules;
  readonly params: ParamsReader;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Computes a node's fingerprint from the content of its inputs as they are now, and looks for a
 * result. Every upstream node must be in `known`.
 *
 * @throws {@link Obstacle} or a system error where something cannot be read, which `inspectSafely`
 * tells of; Error where something upstream has no result
 */
export async function inspectNode(
  graph: Graph,
  node: GraphNode,
  known: KnownResults,
  tools: InspectionTools,
): Promise<Result<Inspection>> {
  const code = await digestCode(node, tools);
  if (!code.ok) return code;
  const described = await describeNode(node, tools);
  if (!described.ok) return described;
  const params: Record<string, Json> = {};
  const nested: Record<string, Json> = nestParams(node.params);
  const inputs: Record<string, InputRecord[]> = {};
  const contents: { path: string; content: ContentId }[] = [];
  for (const input of node.inputs) {
    const records: InputRecord[] = [];
    for (const source of input.sources) {
      const content = contentOf(source, known, tools);
      if (typeof content !== 'string') {
        const target = resolveIn(tools.workspace, source.path);
        return faultyInput(graph, node, input.name, source, content, target);
      }
      if (source.kind === 'file') contents.push({ path: source.path, content });
      if (input.as === 'file') {
        const upstream = source.kind === 'output' ? graph.nodes.get(source.node) : undefined;
        const made = upstream === undefined ? undefined : known.get(upstream.id)?.fingerprint;
        records.push({
          node: upstream?.id ?? null,
          cell: upstream?.cell ?? {},
          content,
          ...(input.provenance && made !== undefined ? { fingerprint: made } : {}),
        });
        continue;
      }
      const values = tools.params.read(source, content, mutableKeys(source, known));
      if (!values.ok) return values;
      nested[input.name] = values.value;
      for (const [key, value] of Object.entries(values.value))
        params[`${input.name}.${key}`] = value;
    }
    if (input.as === 'file') inputs[input.name] = records;
  }
  const read = { records: inputs, params };
  const declared = makeRecord(described.value, read, tools.ingredients);
  const { record, fingerprint, result, damaged } = node.findsInputs
    ? findByReads(graph, declared, tools)
    : fileRecord(declared, tools);
  const misplaced = node.outputs.flatMap(({ name, path }) => {
    const output = result?.outputs[name];
    const inPlace =
      output !== undefined && holdsOutput(resolveIn(tools.workspace, path), output, tools);
    return inPlace ? [] : [name];
  });
  return {
    ok: true,
    value: {
      node,
      description: described.value,
      fingerprint,
      record,
      code: code.value,
      params: nested,
      contents,
      result,
      misplaced,
      damaged,
    },
  };
}

function fileRecord(record: FingerprintRecord, { results }: InspectionTools): FiledRecord {
  const fingerprint = hashRecord(record);
  return { record, fingerprint, ...results.find(fingerprint) };
}

/** The content of an input as it is on disk now, or what is there instead. */
function contentOf(
  source: InputSource,
  known: KnownResults,
  tools: InspectionTools,
): ContentId | NoContent {
  if (source.kind === 'file') {
    const content = readInput(source.path, tools);
    if (!hasContent(content)) return content;
    // In an output such a link is what was written; here somebody forgot what it led to.
    const dangling = content.kind === 'tree' ? content.dangling : null;
    return dangling ?? contentId(content);
  }
  const output = known.get(source.node)?.outputs[source.output];
  if (output === undefined) throw new Error(`${source.node} is not done yet`);
  // The bytes of a volatile output say nothing about whether what reads it must run.
  const digest: Digest | 'volatile' = output.volatile ? 'volatile' : output.digest;
  return `${output.kind}:${digest}`;
}

/** `{ 'a.b': 1 }` → `{ a: { b: 1 } }`. */
export function nestParams(params: JsonObject): Record<string, Json> {
  let nested: JsonObject = {};
  if (Object.keys(params).length === 0) return {};
  const insert = (into: JsonObject, path: readonly string[], value: Json): JsonObject => {
    const [key, ...rest] = path;
    if (key === undefined) return into;
    const child = into[key];
    if (rest.length === 0) return { ...into, [key]: value };
    return { ...into, [key]: insert(isJsonObject(child) ? child : {}, rest, value) };
  };
  for (const [name, value] of Object.entries(params)) {
    nested = insert(nested, name.split('.'), value);
  }
  return { ...nested };
}

/** Keys of an input's file that do not count. */
function mutableKeys(source: InputSource, known: KnownResults): readonly string[] {
  if (source.kind === 'file') return [];
  return known.get(source.node)?.outputs[source.output]?.mutable ?? [];
}
