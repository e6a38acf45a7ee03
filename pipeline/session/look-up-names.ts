/** Names of stages, nodes, profiles, parameters, runs and explorations, for completion. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CompletionWord, LookUpNames, NameKind } from '../completion/complete-words.ts';
import type { Json, JsonObject } from '../contract/values.ts';
import { FileClock } from '../fingerprint/file-clock.ts';
import { FileMemo } from '../fingerprint/file-memo.ts';
import { isExplorationName } from '../graph/place-apart.ts';
import { listRuns, shortenRunId } from '../history/find-run.ts';
import { INGREDIENTS } from '../inspect/ingredients.ts';
import { loadSpec } from '../pipeline-file/load-spec.ts';
import { isJsonObject, type PipelineSpec } from '../pipeline-file/types.ts';
import { findGraph } from './find-graph.ts';
import { PIPELINE_FILE, searchWorkspace } from './find-workspace.ts';
import { holdLayout } from './open-layout.ts';

/** The names of the workspace of a folder; none where there is no workspace, or it says nothing. */
export const lookUpNames: LookUpNames = async (kind, { directory, profile }) => {
  const workspace = searchWorkspace(resolve(directory ?? '.'));
  if (workspace === null) return [];
  if (kind === 'runs') return listRunNames(workspace);
  const text = readFileSync(join(workspace, PIPELINE_FILE), 'utf8');
  const more = { settings: [], isPilot: false, ingredients: INGREDIENTS };
  const key = { file: PIPELINE_FILE, text, profile, ...more };
  const { layout, letGo } = holdLayout(workspace);
  let found: Awaited<ReturnType<typeof findGraph>>;
  try {
    const files = new FileMemo(layout.memo('files'), new FileClock(Date.now, null));
    const keeps = () => existsSync(layout.root);
    found = await findGraph(key, layout, files, new Map(), keeps, () => {});
  } finally {
    letGo();
  }
  // In the middle of an edit the file has mistakes; most names can be read nevertheless.
  const spec = found.ok ? found.value.graph.spec : loadSpec(PIPELINE_FILE, text).spec;
  if (spec === null) return [];
  if (kind === 'explorations') return listExplorations(workspace, spec);
  return listNames(kind, spec, found.ok ? [...found.value.graph.nodes.keys()] : []);
};

function listRunNames(workspace: string): readonly CompletionWord[] {
  const { layout, letGo } = holdLayout(workspace);
  letGo();
  const runs = listRuns(layout).toReversed();
  const named = runs.map(({ id }) => ({ word: shortenRunId(id), description: id }));
  return [{ word: 'latest', description: 'the newest run' }, ...named];
}

/** The explorations whose folders are there. */
function listExplorations(
  workspace: string,
  { explorations }: PipelineSpec,
): readonly CompletionWord[] {
  if (explorations === null) return [];
  const entries = readdirSync(join(workspace, explorations), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && isExplorationName(entry.name))
    .map(({ name }) => ({ word: name, description: '' }))
    .sort((a, b) => (a.word < b.word ? -1 : 1));
}

function listNames(
  kind: Exclude<NameKind, 'runs' | 'explorations'>,
  spec: PipelineSpec,
  nodes: readonly string[],
): readonly CompletionWord[] {
  const described = (named: Readonly<Record<string, { readonly description: string }>>) =>
    Object.entries(named).map(([word, { description }]) => ({ word, description }));
  switch (kind) {
    case 'profiles':
      return described(spec.profiles);
    case 'commands':
      return described(spec.commands);
    case 'parameters':
      return listParameters(spec.params).map(([name, value]) => ({
        word: `${name}=`,
        description: JSON.stringify(value),
      }));
    case 'targets': {
      const targets = Object.entries(spec.targets).map(([word, parts]) => ({
        word,
        description: parts.join(', '),
      }));
      const cells = nodes.filter((node) => !Object.hasOwn(spec.stages, node));
      const unlisted = cells.map((word) => ({ word, description: '' }));
      return [...targets, ...described(spec.stages), ...unlisted];
    }
  }
}

/** `training.epochs` and the like with their values. */
function listParameters(params: JsonObject, prefix = ''): readonly (readonly [string, Json])[] {
  return Object.entries(params).flatMap(([name, value]) =>
    isJsonObject(value)
      ? listParameters(value, `${prefix}${name}.`)
      : [[`${prefix}${name}`, value] as const],
  );
}
