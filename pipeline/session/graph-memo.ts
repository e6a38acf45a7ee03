/** Graphs remembered with every answer of the workspace that they rest on. */

import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { hashBytes } from '../fingerprint/canonical.ts';
import { packGraph } from '../graph/pack-graph.ts';
import type { Setting } from '../graph/read-setting.ts';
import type {
  Folding,
  Graph,
  TemplateAnalysis,
  TemplateVariable,
  WorkspaceView,
} from '../graph/types.ts';
import { unpackGraph } from '../graph/unpack-graph.ts';
import { digestDeclared, type Ingredients } from '../inspect/describe-node.ts';
import { openYamlSource } from '../pipeline-file/yaml-source.ts';
import { packColumns, textOf, unpackColumns } from '../system/columns.ts';
import type { StateLayout } from '../system/layout.ts';
import { digestMemo, keepIfPossible, PROGRAM, readMemo, writeMemo } from '../system/memo-file.ts';

type Kind = ReturnType<WorkspaceView['kindOf']>;

/** What an expansion asked about the workspace, with the answers that it got. */
interface Answers {
  readonly kinds: Readonly<Record<Kind, readonly string[]>>;
  readonly templates: Readonly<Record<string, TemplateAnswer>>;
  /** Null where it was not asked. */
  readonly folding: Folding | null;
}

/** An analysis with digests in the place of texts. */
interface TemplateAnswer {
  readonly files: Readonly<Record<string, string>>;
  readonly absent: readonly string[];
  readonly variables: readonly TemplateVariable[];
}

/** A view that notes what it is asked. */
export interface RecordingView extends WorkspaceView {
  readonly answers: () => Answers;
}

/** What decides a graph beside the workspace itself. */
export interface GraphKey {
  readonly file: string;
  readonly text: string;
  readonly profile: string | undefined;
  readonly settings: readonly Setting[];
  /** With the parameters of the profile's pilot. */
  readonly isPilot: boolean;
  /** Names an exploration; absent for none. */
  readonly exploration?: string | undefined;
  /** What decides nodes, by which they are told from those of an earlier text. */
  readonly ingredients: Ingredients;
}

/** A graph from memory, with the templates whose texts were compared on the way. */
export interface KnownGraph {
  readonly graph: Graph;
  /** Digest of all that decides the graph and all that it says, the texts of templates included. */
  readonly id: string;
  /** What it says of each node, see {@link digestDeclared}. */
  readonly declared: Uint8Array;
  readonly templates: ReadonlyMap<string, TemplateAnalysis>;
}

/** Graphs of other profiles and settings that are kept beside this one. */
const KEPT = 12;
const FORM = 0x67_72_61_32;
const PREFIX = 'graph-';
const RECALL = 'recall-';
/** Memos that earlier versions of this program made. */
const OUTGROWN = /^(actions\.log|graph-.*-settled|(files|code|params)\.json)$/;

/**
 * The graph that the same text gave before. Expanding is a pure function of the text, the options
 * and what the workspace answers, so the graph is the same where all of them are; every answer is
 * asked for again.
 *
 * @returns null where anything differs
 */
export function recallGraph(
  key: GraphKey,
  layout: StateLayout,
  view: Pick<WorkspaceView, 'kindOf' | 'askFolding'>,
): KnownGraph | null {
  const memo = readMemo(layout.memo(nameOf(key)));
  if (memo === null) return null;
  const [headColumn, value, declared, ...columns] = unpackColumns(FORM, memo.content) ?? [];
  if (headColumn === undefined || value === undefined || declared === undefined) return null;
  const head = JSON.parse(textOf(headColumn)) as { key: string; answers: Answers };
  if (head.key !== digestOf(key)) return null;
  const { kinds, templates, folding } = head.answers;
  for (const [kind, paths] of Object.entries(kinds)) {
    if (!paths.every((path) => view.kindOf(path) === kind)) return null;
  }
  if (folding !== null && !isDeepStrictEqual(view.askFolding(), folding)) return null;
  const known = new Map<string, TemplateAnalysis>();
  for (const [path, answer] of Object.entries(templates)) {
    const analysis = recallTemplate(answer, layout.workspace);
    if (analysis === null) return null;
    known.set(path, analysis);
  }
  const source = openYamlSource(key.file, key.text, () => JSON.parse(textOf(value)));
  return { graph: unpackGraph(columns, source), id: memo.digest, declared, templates: known };
}

/**
 * Keeps a graph for the next command, if it can.
 *
 * @param keeps whether it is to be tried
 * @returns its id and what it says of each node, see {@link KnownGraph}
 */
export function keepGraph(
  key: GraphKey,
  graph: Graph,
  answers: Answers,
  layout: StateLayout,
  keeps: boolean,
): Pick<KnownGraph, 'graph' | 'id' | 'declared'> {
  const declared = digestDeclared(graph.nodes, key.ingredients);
  const head = { key: digestOf(key), answers };
  const { value } = graph.spec.source;
  const parts = [head, value].map((part) => Buffer.from(JSON.stringify(part)));
  const columns = packGraph(graph);
  const pack = packColumns(FORM, [...parts, declared, ...columns]);
  const id = digestMemo(pack);
  if (keeps) {
    keepIfPossible(() => {
      writeMemo(layout.memo(nameOf(key)), pack, layout.temporary, id);
      forgetOldest(layout.memoRoot);
    });
  }
  const source = openYamlSource(key.file, key.text, () => value);
  return { graph: unpackGraph(columns, source), id, declared };
}

/** A view with a memory of its answers. */
export function recordAnswers(view: WorkspaceView): RecordingView {
  const kinds = new Map<string, Kind>();
  const templates: Record<string, TemplateAnswer> = {};
  let folding: Folding | null = null;
  return {
    kindOf(path) {
      const kind = kinds.get(path) ?? view.kindOf(path);
      kinds.set(path, kind);
      return kind;
    },
    askFolding() {
      folding ??= view.askFolding();
      return folding;
    },
    // The text alone decides what it says.
    readPositions: view.readPositions,
    roots: view.roots,
    analyzeTemplate(path) {
      const result = view.analyzeTemplate(path);
      if (result.ok) {
        const { files, absent, variables } = result.value;
        const digests = [...files].map(([file, text]) => [file, hashBytes(text)]);
        templates[path] = { files: Object.fromEntries(digests), absent, variables };
      }
      return result;
    },
    answers() {
      const sorted: Record<Kind, string[]> = { file: [], folder: [], special: [], none: [] };
      for (const [path, kind] of kinds) sorted[kind].push(path);
      return { kinds: sorted, templates, folding };
    },
  };
}

/** The texts as they are now; null where one has another digest, or has appeared or gone. */
function recallTemplate(answer: TemplateAnswer, workspace: string): TemplateAnalysis | null {
  const read = (path: string): string | null => {
    try {
      return readFileSync(join(workspace, path), 'utf8');
    } catch {
      return null;
    }
  };
  const files = new Map<string, string>();
  for (const [path, digest] of Object.entries(answer.files)) {
    const text = read(path);
    if (text === null || hashBytes(text) !== digest) return null;
    files.set(path, text);
  }
  if (answer.absent.some((path) => read(path) !== null)) return null;
  return { files, absent: answer.absent, variables: answer.variables };
}

/** Names a profile with settings, as notes on disk of what runs have put where do. */
export function nameContext(key: GraphKey): string {
  return `${nameOf(key)}-settled`;
}

/** The name of the memo of what is recalled of a graph's nodes. */
export function nameRecall(key: GraphKey): string {
  return nameOf(key).replace(PREFIX, RECALL);
}

/** One file for each profile and settings: an edited text takes the place of the one before. */
function nameOf({ profile, settings, isPilot, exploration }: GraphKey): string {
  const text = JSON.stringify([profile ?? null, settings, isPilot, ...listGiven(exploration)]);
  return `${PREFIX}${hashBytes(text).slice(0, 16)}`;
}

/** One value or none: what there was before it could be given has the names that it had. */
function listGiven(exploration: string | undefined): readonly string[] {
  return exploration === undefined ? [] : [exploration];
}

function digestOf(key: GraphKey): string {
  const { file, text, profile, settings, isPilot, exploration, ingredients } = key;
  const names = Object.keys(ingredients);
  const asked = [profile ?? null, settings, isPilot, ...listGiven(exploration)];
  return hashBytes(JSON.stringify([PROGRAM, file, hashBytes(text), asked, names]));
}

function forgetOldest(folder: string): void {
  const names = readdirSync(folder);
  for (const name of names) if (OUTGROWN.test(name)) rmSync(join(folder, name), { force: true });
  const graphs = names.filter((name) => name.startsWith(PREFIX) && !OUTGROWN.test(name));
  if (graphs.length <= KEPT) return;
  const ages = graphs.map((name) => ({
    name,
    time: statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  }));
  for (const { name } of ages.sort((a, b) => b.time - a.time).slice(KEPT)) {
    for (const gone of [name, name.replace(PREFIX, RECALL), `stale-${name}-settled`]) {
      rmSync(join(folder, gone), { force: true });
    }
  }
}
