import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { keepForLooks, keepForRuns } from '../cache/code-sinks.ts';
import { ObjectStore } from '../cache/objects.ts';
import { ResultStore } from '../cache/results.ts';
import { CodeMemo } from '../fingerprint/code-memo.ts';
import { FileClock } from '../fingerprint/file-clock.ts';
import { FileMemo } from '../fingerprint/file-memo.ts';
import { VariableDigests } from '../fingerprint/variable-digests.ts';
import { selectPilot } from '../graph/pilot.ts';
import type { Setting } from '../graph/read-setting.ts';
import { selectTargets } from '../graph/select.ts';
import type { Graph, GraphNode } from '../graph/types.ts';
import { IgnoreRules } from '../ignore/ignore-rules.ts';
import type { Ingredients } from '../inspect/describe-node.ts';
import { INGREDIENTS } from '../inspect/ingredients.ts';
import type { InspectionTools } from '../inspect/inspect.ts';
import { ParamsReader } from '../inspect/params-reader.ts';
import { SettledNodes } from '../inspect/settled-nodes.ts';
import { decodeText } from '../pipeline-file/decode-text.ts';
import { type Diagnostic, locateArgument, type Result } from '../pipeline-file/diagnostic.ts';
import { removeTemporary } from '../system/files.ts';
import { PILOT_FOLDER, StateLayout } from '../system/layout.ts';
import { keepIfPossible } from '../system/memo-file.ts';
import { makeOwnerName } from '../system/owner.ts';
import { shareWithGroup } from '../system/share-with-group.ts';
import { checkReading, checkWriting, makeStateFolder } from '../system/state-folder.ts';
import { findGraph } from './find-graph.ts';
import { type GraphKey, nameSettled } from './graph-memo.ts';
import { UserMistakes } from './mistakes.ts';

/** Options that every command on a workspace has. */
export interface WorkspaceOptions {
  readonly directory?: string;
  readonly profile?: string;
  readonly set?: readonly string[];
}

/** How a workspace is opened beyond what the user says. */
export interface OpenOptions {
  /** The profile's pilot instead, whose results and outputs are kept apart. */
  readonly isPilot?: boolean;
  /**
   * The command as it is typed, where it does more than look: it is refused where it could not write.
   * Any other works wherever it can read, and leaves nothing but what makes the next one faster.
   */
  readonly writer?: string;
  /**
   * Told the path, from the workspace, of each file that decides the graph or the code of its nodes,
   * whether it exists or not; told also of those that lead to mistakes.
   */
  readonly look?: (path: string) => void;
  /** What decides nodes, where that is not what the program's own list says. */
  readonly ingredients?: Ingredients;
}

/** A workspace, ready for a command. */
export interface Session {
  readonly root: string;
  readonly layout: StateLayout;
  readonly graph: Graph;
  /** What the command's targets select, in topological order. */
  readonly nodes: readonly GraphNode[];
  readonly tools: InspectionTools;
  /** Names the profile and the settings. */
  readonly context: string;
  /** Two workspaces with the same one have the same graph. */
  readonly graphId: string;
  /** Which nodes need no inspection; null where nothing is remembered of them. */
  readonly settled: SettledNodes | null;
  /** Writes what was learnt about files back to disk and removes what is temporary. */
  readonly close: () => void;
}

/** Name of the file that makes a folder a workspace. */
export const PIPELINE_FILE = 'pipeline.yaml';

/**
 * Finds the workspace, reads `pipeline.yaml` and expands it for the profile and targets.
 *
 * @throws {UserMistakes} with everything that is wrong in the file and the arguments
 */
export async function openSession(
  options: WorkspaceOptions,
  targets: readonly string[],
  { isPilot = false, writer, look = () => {}, ingredients = INGREDIENTS }: OpenOptions = {},
): Promise<Session> {
  const path = findWorkspace(options.directory);
  look(PIPELINE_FILE);
  const decoded = decodeText(PIPELINE_FILE, readPipelineFile(path));
  const { text } = decoded;
  const sources = new Map([[PIPELINE_FILE, text]]);
  if (decoded.diagnostics.length > 0) throw new UserMistakes(decoded.diagnostics, sources, path);
  const layout = new StateLayout(path, makeOwnerName(), isPilot ? PILOT_FOLDER : undefined);
  checkState(layout, writer);
  if (writer !== undefined) shareWithGroup(layout);
  const keeps = () => {
    if (writer !== undefined) makeStateFolder(layout);
    return existsSync(layout.stateFolder);
  };
  // Where nothing is to be made, no file system is asked for its time.
  const asks = writer !== undefined || existsSync(layout.stateFolder);
  const clock = new FileClock(Date.now, asks ? layout.temporary : null);
  const files = new FileMemo(layout.memo('files'), clock);
  const settings = (options.set ?? []).map(splitSetting);
  const mistakes = settings.flatMap((setting) => (setting.ok ? [] : setting.diagnostics));
  const key: GraphKey = {
    file: PIPELINE_FILE,
    text,
    profile: options.profile,
    settings: settings.flatMap((setting) => (setting.ok ? [setting.value] : [])),
    isPilot,
  };
  const found = await findGraph(key, layout, files, sources, keeps, look);
  if (!found.ok) throw new UserMistakes([...mistakes, ...found.diagnostics], sources, path);
  const { graph, id, analyzeTemplate } = found.value;
  const selection = isPilot ? selectPilot(graph, targets) : selectTargets(graph, targets);
  mistakes.push(...selection.diagnostics);
  const objects = new ObjectStore(layout);
  const results = new ResultStore(layout);
  const code = new CodeMemo(
    layout,
    writer === undefined ? keepForLooks(objects, layout, keeps()) : keepForRuns(objects, layout),
    clock,
    look,
    (file, stats) => files.digestFile(file, stats),
  );
  const params = new ParamsReader(path, objects, layout.memo('params'), Date.now);
  mistakes.push(...(await traceModules(selection.nodes, code)));
  if (mistakes.length > 0) {
    removeTemporary(layout.temporary);
    throw new UserMistakes(mistakes, sources, path);
  }
  const ignored = new IgnoreRules(path, graph.spec.ignore);
  const variables = new VariableDigests(process.env, layout.variableKey, () =>
    keeps() ? layout.temporary : null,
  );
  const tools: InspectionTools = {
    workspace: path,
    ingredients,
    objects,
    results,
    files,
    ignored,
    code,
    params,
    analyzeTemplate,
    environment: process.env,
    variables,
  };
  const context = nameSettled(key);
  // A pilot's nodes are not those of its graph: which they are depends on the targets.
  const settled = isPilot
    ? null
    : new SettledNodes(graph, id, layout.memo(context), {
        ...tools,
        layout,
      });
  const close = () => {
    // A workspace that was removed meanwhile stays away.
    if (existsSync(path) && keeps()) {
      keepIfPossible(() => settled?.save(layout.temporary));
      keepIfPossible(() => files.save(layout.temporary));
      keepIfPossible(() => results.saveMemo());
      keepIfPossible(() => params.save(layout.temporary));
      keepIfPossible(() => code.save());
    }
    removeTemporary(layout.temporary);
  };
  const { nodes } = selection;
  return { root: path, layout, graph, nodes, tools, context, graphId: id, settled, close };
}

function readPipelineFile(workspace: string): Buffer {
  const path = join(workspace, PIPELINE_FILE);
  if (statSync(path).isFile()) return readFileSync(path);
  throw new UserMistakes(
    [
      {
        code: 'not-readable',
        message: `${path} is no file`,
        location: locateArgument(PIPELINE_FILE),
        expected: 'a file, or a link to one',
      },
    ],
    new Map(),
  );
}

/** The nearest folder, upward from one, that has a `pipeline.yaml`; null where there is none. */
export function searchWorkspace(from: string): string | null {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, PIPELINE_FILE))) return folder;
    if (folder === dirname(folder)) return null;
  }
}

/** The workspace that was named, else the nearest one. @throws {UserMistakes} where there is none */
export function findWorkspace(directory: string | undefined): string {
  const start = resolve(directory ?? '.');
  const found = searchWorkspace(start);
  if (found !== null && (directory === undefined || found === start)) return found;
  const isMisnamed = existsSync(join(start, 'pipeline.yml'));
  throw new UserMistakes(
    [
      {
        code: 'missing-file',
        message: `no ${PIPELINE_FILE} in ${start}${directory === undefined ? ' or above it' : ''}`,
        location: locateArgument(PIPELINE_FILE),
        expected: `to be run in a workspace, or with --directory <folder>`,
        hint: isMisnamed
          ? `rename pipeline.yml to ${PIPELINE_FILE}`
          : 'pipeline init makes a workspace to start from',
      },
    ],
    new Map(),
  );
}

/**
 * Sees that the engine's own folder can be used.
 *
 * @param writer see {@link OpenOptions}
 * @throws {UserMistakes} where it cannot be used
 */
export function checkState(layout: StateLayout, writer: string | undefined): void {
  const refusal = writer === undefined ? checkReading(layout) : checkWriting(layout);
  if (refusal === null) return;
  const does = writer === undefined ? 'this command reads' : `pipeline ${writer} must write`;
  throw new UserMistakes(
    [
      {
        code: 'no-access',
        message: `${does} what belongs to this workspace, and ${refusal}`,
        location: locateArgument(relative(layout.workspace, layout.stateFolder)),
      },
    ],
    new Map(),
  );
}

/** Code that cannot be followed is reported with the other mistakes, before anything runs. */
async function traceModules(nodes: readonly GraphNode[], code: CodeMemo): Promise<Diagnostic[]> {
  const modules = new Set(
    nodes.flatMap(({ action }) => (action.kind === 'module' ? [action.module] : [])),
  );
  const diagnostics: Diagnostic[] = [];
  const trace = async (module: string) => {
    const result = await code.digestModule(module);
    if (!result.ok) diagnostics.push(...result.diagnostics);
  };
  await Promise.all([...modules].map(trace));
  return diagnostics;
}

/** `dataset.train=500` → key and text: what the text means depends on the parameter. */
function splitSetting(text: string): Result<Setting> {
  const equals = text.indexOf('=');
  if (equals >= 1) {
    return { ok: true, value: { key: text.slice(0, equals), text: text.slice(equals + 1) } };
  }
  return {
    ok: false,
    diagnostics: [
      {
        code: 'bad-argument',
        message: `"${text}" has no key and value`,
        location: locateArgument(`--set ${text}`),
        expected: 'key=value, such as --set dataset.train=500',
      },
    ],
  };
}
