/** Text of `pipeline.yaml` → graph: from memory if it can be, else expanded. */

import { realpathSync } from 'node:fs';
import type { FileMemo } from '../fingerprint/file-memo.ts';
import { findPathFault } from '../graph/check-paths.ts';
import type { Graph, TemplateAnalysis, WorkspaceView } from '../graph/types.ts';
import type { Result } from '../pipeline-file/diagnostic.ts';
import type { PipelineSpec } from '../pipeline-file/types.ts';
import type { ReadPositions } from '../shell/value-position.ts';
import type { StateLayout } from '../system/layout.ts';
import { probeFolding } from '../system/probe-folding.ts';
import { releaseMemory } from '../system/release-memory.ts';
import { resolveIn } from '../system/resolve-path.ts';
import { type GraphKey, keepGraph, recallGraph, recordAnswers } from './graph-memo.ts';

/** A graph with the templates of its stages. */
export interface FoundGraph {
  readonly graph: Graph;
  /** Two graphs with the same one say the same, the texts of their templates included. */
  readonly id: string;
  /** What it says of each node, see {@link digestDeclared}. */
  readonly declared: Uint8Array;
  readonly analyzeTemplate: WorkspaceView['analyzeTemplate'];
}

/**
 * The graph of a text: from memory where nothing that decides it has changed, else expanded.
 *
 * @param sources gets the texts of templates that are analysed, so that mistakes can quote them
 * @param keeps whether the next command may have it from memory; then the temporary folder is to be removed
 * @param look told each path that decides the graph, whether anything stands there or not
 * @throws Error for a command without bash's grammar where it is needed, or a template that the
 * graph does not have: bugs of ours
 */
export async function findGraph(
  key: GraphKey,
  layout: StateLayout,
  files: FileMemo,
  sources: Map<string, string>,
  keeps: () => boolean,
  look: (path: string) => void,
): Promise<Result<FoundGraph>> {
  const kindOf = (name: string) => {
    look(name);
    if (findPathFault(name) !== null) return 'none';
    return files.kindOf(resolveIn(layout.workspace, name));
  };
  const askFolding = () =>
    probeFolding(layout.workspace, key.file, keeps() ? layout.temporary : null);
  const disk = { kindOf, askFolding };
  const known = recallGraph(key, layout, disk);
  if (known !== null) {
    const { templates, ...same } = known;
    for (const { files, absent } of templates.values()) [...files.keys(), ...absent].forEach(look);
    const analyzeTemplate = (path: string): Result<TemplateAnalysis> => {
      const value = templates.get(path);
      if (value === undefined) throw new Error(`${path} is no template of the graph`);
      return { ok: true, value };
    };
    return { ok: true, value: { ...same, analyzeTemplate } };
  }
  const found = await expandText(key, layout, sources, keeps, look, disk);
  // Of ten thousand stages that was 270 MB, and what is left of it is 33.
  releaseMemory();
  return found;
}

async function expandText(
  key: GraphKey,
  layout: StateLayout,
  sources: Map<string, string>,
  keeps: () => boolean,
  look: (path: string) => void,
  disk: Pick<WorkspaceView, 'kindOf' | 'askFolding'>,
): Promise<Result<FoundGraph>> {
  const [{ loadSpec }, { expandGraph }, { checkOtherProfiles }, analyzeTemplate] =
    await Promise.all([
      import('../pipeline-file/load-spec.ts'),
      import('../graph/expand.ts'),
      import('../graph/check-profiles.ts'),
      makeTemplateAnalyzer(layout.workspace, sources, look),
    ]);
  const loaded = loadSpec(key.file, key.text);
  const readPositions = await openPositionReader(loaded.spec);
  const roots = [layout.workspace, realpathSync(layout.workspace)];
  const workspace: WorkspaceView = { ...disk, roots, analyzeTemplate, readPositions };
  const view = recordAnswers(workspace);
  const expanded = expandGraph(loaded, key, view);
  const found = expanded.ok ? [] : expanded.diagnostics;
  // What they ask of the workspace decides nothing of this graph, and is not recorded.
  const others = checkOtherProfiles(loaded, key.profile, found, workspace);
  const diagnostics = [...found, ...others];
  if (!expanded.ok || diagnostics.length > 0) return { ok: false, diagnostics };
  const { findNamedFiles } = await import('../graph/named-files.ts');
  const named = await findNamedFiles(expanded.value.nodes.values(), {
    kindOf: view.kindOf,
    loadGrammar: async () => (await import('../shell/list-programs.ts')).listPrograms,
  });
  const graph: Graph = { ...expanded.value, named };
  const kept = keepGraph(key, graph, view.answers(), layout, keeps());
  return { ok: true, value: { ...kept, analyzeTemplate } };
}

/** Loads the grammar of bash where a command needs it. */
async function openPositionReader(spec: PipelineSpec | null): Promise<ReadPositions> {
  const { needsGrammar } = await import('../graph/check-command.ts');
  if (spec !== null && needsGrammar(spec))
    return (await import('../shell/read-positions.ts')).readPositions;
  return () => {
    throw new Error('a command needs the grammar of bash, which was not loaded');
  };
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
