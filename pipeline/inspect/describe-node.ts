/**
 * Inspection: what decides a node is described here and nowhere else: its fingerprint
 * record, the guess of `why` before its inputs exist, what is recalled of it and what `watch` compares
 * are made of one list of ingredients.
 */

import type { JsonObject } from '../contract/values.ts';
import { hashBytes } from '../fingerprint/canonical.ts';
import type { CodeMemo } from '../fingerprint/code-memo.ts';
import type { MachineFacts } from '../fingerprint/machine-facts.ts';
import type { FingerprintRecord, FoundStates, InputRecord } from '../fingerprint/record.ts';
import type { VariableDigests } from '../fingerprint/variable-digests.ts';
import type { GraphNode, NodeId, TemplateAnalysis } from '../graph/types.ts';
import type { Result } from '../pipeline-file/diagnostic.ts';
import type { CommandCode } from '../scripts/command-code.ts';

/** Bytes of a digest of what the graph says of a node. */
export const DECLARED_BYTES = 32;

/** One thing that decides a node, as the record holds it under its name. */
export type Ingredient<Value = unknown> =
  | DeclaredIngredient<Value>
  | ObservedIngredient<Value>
  | InputIngredient<Value>
  | ReadIngredient;

/** What `pipeline.yaml` says, and nothing else decides. */
interface DeclaredIngredient<Value> {
  readonly from: 'graph';
  /** All that decides it, as JSON; the same for equal nodes of two graphs. */
  readonly declare: (node: GraphNode) => unknown;
  readonly record: (node: GraphNode) => Value;
}

/** What is looked up outside the graph, and does not come from inputs. */
interface ObservedIngredient<Value> {
  readonly from: 'surroundings';
  /** Whether there is anything to look up, which the graph alone decides. */
  readonly isAskedOf: (node: GraphNode) => boolean;
  readonly observe: (
    node: GraphNode,
    tools: DescriptionTools,
  ) => Result<Value> | Promise<Result<Value>>;
  /** Its value for nodes of which nothing is asked; undefined leaves it out of their records. */
  readonly otherwise: Value;
}

/** What the contents of inputs decide too, which are known when all that stands upstream is done. */
interface InputIngredient<Value> {
  readonly from: 'inputs';
  /** All that the graph says of it, as JSON. */
  readonly declare: (node: GraphNode) => unknown;
  readonly record: (node: GraphNode, inputs: ReadInputs) => Value;
  /** Its value if the inputs were those of an earlier record. */
  readonly guess: (node: GraphNode, earlier: FingerprintRecord) => Value;
}

/** What earlier results of the node were seen to read: `find-by-reads.ts` completes the record with it. */
interface ReadIngredient {
  readonly from: 'reads';
  readonly isAskedOf: (node: GraphNode) => boolean;
}

/** What decides nodes, by the names under which records hold it. */
export type Ingredients = Readonly<Record<string, Ingredient>>;

/** What was read of a node's inputs. */
export interface ReadInputs {
  /** Input name → its sources; those `as: params` are not among them. */
  readonly records: Readonly<Record<string, readonly InputRecord[]>>;
  /** By dotted name, the values of inputs `as: params`. */
  readonly params: JsonObject;
}

/** What describing nodes reads. */
export interface DescriptionTools {
  readonly ingredients: Ingredients;
  readonly code: CodeMemo;
  readonly commands: CommandCode;
  readonly analyzeTemplate: (path: string) => Result<TemplateAnalysis>;
  readonly variables: VariableDigests;
  readonly machineFacts: MachineFacts;
}

/** What decides a node, as far as its inputs do not. */
export interface NodeDescription {
  readonly node: GraphNode;
  /** By ingredient, what the graph says; JSON. */
  readonly declared: Readonly<Record<string, unknown>>;
  /** By ingredient, what was looked up; JSON. Those that are not asked of the node are absent. */
  readonly observed: Readonly<Record<string, unknown>>;
}

/**
 * Describes a node by what decides it now, without its inputs' contents.
 *
 * @returns mistakes where something cannot be looked up, such as code that does not compile
 */
export async function describeNode(
  node: GraphNode,
  tools: DescriptionTools,
): Promise<Result<NodeDescription>> {
  const observed: Record<string, unknown> = {};
  for (const [name, ingredient] of Object.entries(tools.ingredients)) {
    if (ingredient.from !== 'surroundings' || !ingredient.isAskedOf(node)) continue;
    const seen = await ingredient.observe(node, tools);
    if (!seen.ok) return seen;
    observed[name] = seen.value;
  }
  return { ok: true, value: { node, declared: declareNode(node, tools.ingredients), observed } };
}

/** By ingredient, what the graph says of a node, if only whether anything is to be looked up; JSON. */
export function declareNode(
  node: GraphNode,
  ingredients: Ingredients,
): NodeDescription['declared'] {
  const declared: Record<string, unknown> = {};
  for (const [name, ingredient] of Object.entries(ingredients)) {
    const isLookedUp = ingredient.from === 'surroundings' || ingredient.from === 'reads';
    declared[name] = isLookedUp ? ingredient.isAskedOf(node) : ingredient.declare(node);
  }
  return declared;
}

/**
 * What the graph says of each node, as digests in one piece, {@link DECLARED_BYTES} each: equal where a node
 * is declared as it was, whatever has become of the rest of `pipeline.yaml`.
 */
export function digestDeclared(
  nodes: ReadonlyMap<NodeId, GraphNode>,
  ingredients: Ingredients,
): Uint8Array {
  const digests = new Uint8Array(nodes.size * DECLARED_BYTES);
  let at = 0;
  for (const node of nodes.values()) {
    const text = JSON.stringify(declareNode(node, ingredients));
    digests.set(Buffer.from(hashBytes(text), 'hex'), at);
    at += DECLARED_BYTES;
  }
  return digests;
}

/** The record of a node: all that its result depends on, but for what it is only seen to read. */
export function makeRecord(
  description: NodeDescription,
  inputs: ReadInputs,
  ingredients: Ingredients,
): FingerprintRecord {
  return fillRecord(description, ingredients, (ingredient) =>
    ingredient.record(description.node, inputs),
  );
}

/**
 * The record of a node whose inputs are not known yet, as if they were those of an earlier run: it
 * differs from the earlier record in what is certain to differ.
 */
export function guessRecord(
  description: NodeDescription,
  earlier: FingerprintRecord,
  ingredients: Ingredients,
): FingerprintRecord {
  const record = fillRecord(description, ingredients, (ingredient) =>
    ingredient.guess(description.node, earlier),
  );
  return description.node.findsInputs ? { ...record, found: earlier.found ?? {} } : record;
}

/** What was looked up of a node, as text: empty where the graph says that nothing is. @param found what it reads */
export function formatObserved(observed: NodeDescription['observed'], found?: FoundStates): string {
  if (found !== undefined) return JSON.stringify({ ...observed, found });
  return Object.keys(observed).length === 0 ? '' : JSON.stringify(observed);
}

/** What a node was found to read, from {@link formatObserved}'s text. */
export function parseFound(text: string): FoundStates {
  return (JSON.parse(text) as { readonly found?: FoundStates }).found ?? {};
}

function fillRecord(
  { node, observed }: NodeDescription,
  ingredients: Ingredients,
  fromInputs: (ingredient: InputIngredient<unknown>) => unknown,
): FingerprintRecord {
  const takeFrom = (name: string, ingredient: Exclude<Ingredient, ReadIngredient>): unknown => {
    switch (ingredient.from) {
      case 'graph':
        return ingredient.record(node);
      case 'surroundings':
        return name in observed ? observed[name] : ingredient.otherwise;
      case 'inputs':
        return fromInputs(ingredient);
    }
  };
  const values = Object.entries(ingredients).flatMap(([name, one]) => {
    const value = one.from === 'reads' ? undefined : takeFrom(name, one);
    return value === undefined ? [] : [[name, value]];
  });
  // The list that is the program's own has one ingredient for each member.
  return Object.fromEntries(values) as FingerprintRecord;
}
