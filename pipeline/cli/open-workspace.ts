import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ActionStore } from '../cache/actions.ts';
import { ObjectStore } from '../cache/objects.ts';
import { CodeMemo } from '../fingerprint/code-memo.ts';
import { FileMemo } from '../fingerprint/file-memo.ts';
import { expandGraph } from '../graph/expand.ts';
import type { Setting } from '../graph/params.ts';
import { selectTargets } from '../graph/select.ts';
import type { Graph, GraphNode, TemplateAnalysis, WorkspaceView } from '../graph/types.ts';
import type { Json } from '../job/contract.ts';
import type { InspectionTools } from '../plan/inspect.ts';
import { ParamsReader } from '../plan/params-reader.ts';
import type { Diagnostic, Result } from '../spec/diagnostic.ts';
import { loadSpec } from '../spec/load-spec.ts';
import { parseYamlSource } from '../spec/yaml-source.ts';
import { removeTemporary } from '../system/files.ts';
import { StateLayout } from '../system/layout.ts';
import { makeOwnerName } from '../system/owner.ts';
import { UserMistakes } from './mistakes.ts';

/** Options that every command on a workspace has. */
export interface WorkspaceOptions {
  readonly directory?: string;
  readonly profile?: string;
  readonly set?: readonly string[];
}

/** A workspace, ready for a command. */
export interface Workspace {
  readonly path: string;
  readonly layout: StateLayout;
  readonly graph: Graph;
  /** What the command's targets select, in topological order. */
  readonly nodes: readonly GraphNode[];
  readonly tools: InspectionTools;
  /** Writes what was learnt about files back to disk and removes what is temporary. */
  readonly close: () => void;
}

/** Name of the file that makes a folder a workspace. */
export const PIPELINE_FILE = 'pipeline.yaml';

/**
 * Finds the workspace, reads `pipeline.yaml` and expands it for the profile and targets.
 *
 * @param look told the path, from the workspace, of each file that decides the graph or the code of its
 * nodes, whether it exists or not; told also of those that lead to mistakes
 * @throws {UserMistakes} with everything that is wrong in the file and the arguments
 */
export async function openWorkspace(
  options: WorkspaceOptions,
  targets: readonly string[],
  look: (path: string) => void = () => {},
): Promise<Workspace> {
  const path = findWorkspace(options.directory);
  look(PIPELINE_FILE);
  const text = readFileSync(join(path, PIPELINE_FILE), 'utf8');
  const sources = new Map([[PIPELINE_FILE, text]]);
  const loaded = loadSpec(PIPELINE_FILE, text);
  const layout = new StateLayout(path, makeOwnerName());
  const analyze = await makeTemplateAnalyzer(path, sources, look);
  const view: WorkspaceView = {
    kindOf: (name) => {
      look(name);
      return kindOf(join(path, name));
    },
    analyzeTemplate: analyze,
  };
  const settings = (options.set ?? []).map(parseSetting);
  const mistakes = settings.flatMap((setting) => (setting.ok ? [] : setting.diagnostics));
  const expanded = expandGraph(
    loaded,
    {
      profile: options.profile,
      settings: settings.flatMap((setting) => (setting.ok ? [setting.value] : [])),
    },
    view,
  );
  if (!expanded.ok) throw new UserMistakes([...mistakes, ...expanded.diagnostics], sources, path);
  const graph = expanded.value;
  const selection = selectTargets(graph, targets);
  mistakes.push(...selection.diagnostics);
  const objects = new ObjectStore(layout);
  const files = new FileMemo(layout.memo('files'), Date.now);
  const code = new CodeMemo(layout, objects, Date.now, look);
  const params = new ParamsReader(path, objects, layout.memo('params'));
  mistakes.push(...(await traceModules(selection.nodes, code)));
  if (mistakes.length > 0) {
    removeTemporary(layout.temporary);
    throw new UserMistakes(mistakes, sources, path);
  }
  const tools: InspectionTools = {
    workspace: path,
    objects,
    actions: new ActionStore(layout),
    files,
    code,
    params,
    analyzeTemplate: analyze,
    environment: process.env,
  };
  const close = () => {
    files.save(layout.temporary);
    params.save(layout.temporary);
    code.save();
    removeTemporary(layout.temporary);
  };
  return { path, layout, graph, nodes: selection.nodes, tools, close };
}

/** The nearest folder, upward from one, that has a `pipeline.yaml`; null where there is none. */
export function searchWorkspace(from: string): string | null {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, PIPELINE_FILE))) return folder;
    if (folder === dirname(folder)) return null;
  }
}

/**
 * The workspace that was named, else the nearest one.
 *
 * @throws {UserMistakes} where there is none
 */
export function findWorkspace(directory: string | undefined): string {
  const start = resolve(directory ?? '.');
  const found = searchWorkspace(start);
  if (found !== null && (directory === undefined || found === start)) return found;
  throw new UserMistakes(
    [
      {
        code: 'missing-file',
        message: `no ${PIPELINE_FILE} in ${start}${directory === undefined ? ' or above it' : ''}`,
        location: { file: PIPELINE_FILE, line: 1, column: 1 },
        expected: `to be run in a workspace, or with --directory <folder>`,
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
  const results = await Promise.all([...modules].map((module) => code.digestModule(module)));
  return results.flatMap((result) => (result.ok ? [] : result.diagnostics));
}

function kindOf(path: string): 'file' | 'folder' | 'none' {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 'none';
  return stats.isDirectory() ? 'folder' : 'file';
}

/** Analyses each template once; its text is added to `sources` so that mistakes can quote it. */
async function makeTemplateAnalyzer(
  workspace: string,
  sources: Map<string, string>,
  look: (path: string) => void,
): Promise<(path: string) => Result<TemplateAnalysis>> {
  const { analyzeTemplate } = await import('../fingerprint/template-closure.ts');
  const known = new Map<string, Result<TemplateAnalysis>>();
  return (path) => {
    let result = known.get(path);
    if (result === undefined) {
      result = analyzeTemplate(workspace, path, look);
      known.set(path, result);
      if (result.ok) for (const [file, text] of result.value.files) sources.set(file, text);
    }
    return result;
  };
}

/** `dataset.train=500` → key and value; the value is YAML, so that numbers are numbers. */
function parseSetting(text: string): Result<Setting> {
  const equals = text.indexOf('=');
  const mistake = (message: string): Result<Setting> => ({
    ok: false,
    diagnostics: [
      {
        code: 'bad-argument',
        message,
        location: { file: `--set ${text}`, line: 1, column: 1 },
        expected: 'key=value, such as --set dataset.train=500',
      },
    ],
  });
  if (equals < 1) return mistake(`"${text}" has no key and value`);
  const { source, diagnostics } = parseYamlSource(`--set ${text}`, text.slice(equals + 1));
  const [first] = diagnostics;
  if (first !== undefined) {
    return mistake(`the value "${text.slice(equals + 1)}" cannot be read: ${first.message}`);
  }
  return { ok: true, value: { key: text.slice(0, equals), value: source.value as Json } };
}
