/**
 * The door to everything: finds the workspace, reads and expands it, and gives commands what they
 * work with.
 */

import { existsSync } from 'node:fs';
import { keepForLooks, keepForRuns } from '../cache/code-sinks.ts';
import { RunHistory } from '../cache/history.ts';
import { ObjectStore } from '../cache/objects.ts';
import { ReadSets } from '../cache/read-sets.ts';
import { ResultStore } from '../cache/results.ts';
import { CodeMemo } from '../fingerprint/code-memo.ts';
import { FileClock } from '../fingerprint/file-clock.ts';
import { FileMemo } from '../fingerprint/file-memo.ts';
import { MachineFacts } from '../fingerprint/machine-facts.ts';
import { VariableDigests } from '../fingerprint/variable-digests.ts';
import { selectPilot } from '../graph/pilot.ts';
import { explorationsFolder } from '../graph/place-apart.ts';
import { selectTargets } from '../graph/select.ts';
import type { Graph, GraphNode } from '../graph/types.ts';
import { IgnoreRules } from '../ignore/ignore-rules.ts';
import type { Ingredients } from '../inspect/describe-node.ts';
import { INGREDIENTS } from '../inspect/ingredients.ts';
import type { InspectionTools } from '../inspect/inspect.ts';
import { ParamsReader } from '../inspect/params-reader.ts';
import { Recall } from '../inspect/recall.ts';
import type { Diagnostic } from '../pipeline-file/diagnostic.ts';
import { CommandCode } from '../scripts/command-code.ts';
import { PILOT_FOLDER, type StateLayout } from '../system/layout.ts';
import { keepIfPossible } from '../system/memo-file.ts';
import { shareWithGroup } from '../system/share-with-group.ts';
import { makeStateFolder } from '../system/state-folder.ts';
import { findGraph } from './find-graph.ts';
import { findWorkspace, PIPELINE_FILE, readPipelineFile } from './find-workspace.ts';
import { type GraphKey, nameContext, nameRecall } from './graph-memo.ts';
import { UserMistakes } from './mistakes.ts';
import { checkState, type HeldLayout, holdLayout } from './open-layout.ts';
import { splitSettings } from './split-settings.ts';

/** Options that every command on a workspace has. */
export interface WorkspaceOptions {
  readonly directory?: string;
  readonly profile?: string;
  readonly set?: readonly string[];
  /** Names an exploration, whose outputs stand in a folder of their own. */
  readonly as?: string;
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
  /** What `--set` changes, as it was typed. */
  readonly settings: readonly string[];
  /** Names the exploration; null for none. */
  readonly exploration: string | null;
  /** What the command's targets select, in topological order. */
  readonly nodes: readonly GraphNode[];
  readonly tools: InspectionTools;
  readonly history: RunHistory;
  /** Names the profile and the settings. */
  readonly context: string;
  /** Two workspaces with the same one have the same graph. */
  readonly graphId: string;
  /** Which nodes need no inspection; null where nothing is remembered of them. */
  readonly recall: Recall | null;
  /** Writes what was learnt about files back to disk and removes what is temporary. */
  readonly close: () => void;
}

/**
 * Finds the workspace, reads `pipeline.yaml` and expands it for the profile and targets.
 *
 * @throws {UserMistakes} with everything that is wrong in the file and the arguments
 */
export async function openSession(
  options: WorkspaceOptions,
  targets: readonly string[],
  how: OpenOptions = {},
): Promise<Session> {
  const root = findWorkspace(options.directory);
  how.look?.(PIPELINE_FILE);
  const text = readPipelineFile(root);
  const held = holdLayout(root, how.isPilot === true ? PILOT_FOLDER : undefined);
  try {
    return await openHeld(options, targets, text, held, how);
  } catch (error) {
    held.letGo();
    throw error;
  }
}

async function openHeld(
  options: WorkspaceOptions,
  targets: readonly string[],
  text: string,
  { layout, letGo }: HeldLayout,
  { isPilot = false, writer, look = () => {}, ingredients = INGREDIENTS }: OpenOptions,
): Promise<Session> {
  const root = layout.workspace;
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
  const { settings, mistakes } = splitSettings(options.set ?? []);
  const sources = new Map([[PIPELINE_FILE, text]]);
  const key: GraphKey = {
    file: PIPELINE_FILE,
    text,
    profile: options.profile,
    settings,
    isPilot,
    exploration: options.as,
    ingredients,
  };
  const found = await findGraph(key, layout, files, sources, keeps, look);
  if (!found.ok) throw new UserMistakes([...mistakes, ...found.diagnostics], { sources, root });
  const { graph, id, declared, analyzeTemplate } = found.value;
  const selection = isPilot ? selectPilot(graph, targets) : selectTargets(graph, targets);
  mistakes.push(...selection.diagnostics);
  const objects = new ObjectStore(layout);
  const results = new ResultStore(layout);
  const reads = new ReadSets(layout);
  const sink =
    writer === undefined ? keepForLooks(objects, layout, keeps()) : keepForRuns(objects, layout);
  const commands = new CommandCode(layout, sink, clock, process.env, look);
  const code = new CodeMemo(layout, sink, clock, look, (file, stats) =>
    files.digestFile(file, stats),
  );
  const params = new ParamsReader(root, objects, layout.memo('params'), Date.now);
  mistakes.push(...(await traceModules(selection.nodes, code)));
  for (const node of selection.nodes) if (node.mayRunCode) await commands.find(node);
  if (mistakes.length > 0) throw new UserMistakes(mistakes, { sources, root });
  const ignored = new IgnoreRules(root, graph.spec.ignore, explorationsFolder(graph.spec));
  const variables = new VariableDigests(process.env, layout.variableKey, () =>
    keeps() ? layout.temporary : null,
  );
  const tools: InspectionTools = {
    workspace: root,
    ingredients,
    objects,
    results,
    reads,
    files,
    ignored,
    code,
    commands,
    params,
    analyzeTemplate,
    environment: process.env,
    variables,
    machineFacts: new MachineFacts(layout, code, process.env, async (module) => {
      const { askMachine } = await import('./ask-machine.ts');
      return askMachine(root, module);
    }),
  };
  const context = nameContext(key);
  // A pilot's nodes are not those of its graph: which they are depends on the targets.
  const recall = isPilot
    ? null
    : new Recall(graph, declared, layout.memo(nameRecall(key)), { ...tools, layout });
  const close = () => {
    // A workspace that was removed meanwhile stays away.
    if (existsSync(root) && keeps()) {
      keepIfPossible(() => recall?.save(layout.temporary));
      keepIfPossible(() => files.save(layout.temporary));
      keepIfPossible(() => params.save(layout.temporary));
      keepIfPossible(() => code.save());
      keepIfPossible(() => commands.save());
    }
    letGo();
  };
  const { nodes } = selection;
  const history = new RunHistory(layout, results);
  return {
    root,
    layout,
    graph,
    settings: options.set ?? [],
    exploration: options.as ?? null,
    nodes,
    tools,
    history,
    context,
    graphId: id,
    recall,
    close,
  };
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
