/** Judges the claims of a workspace by the results that it has. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeStatus } from 'rederive/contract';
import { type ClaimsReport, judgeClaims } from '../../experiment/claims/claims-report.ts';
import type { MissingExperiment } from '../../experiment/claims/judge.ts';
import { parseClaims } from '../../experiment/claims/read-claims.ts';
import { parseSolutions } from '../../experiment/claims/read-rows.ts';
import type { Row } from '../../experiment/claims/select.ts';
import { fail } from '../../experiment/data/failure.ts';
import { PROBLEMS, SOLUTION_FIELDS } from '../../experiment/recorded/solution.ts';
import type { ExperimentStatus } from './experiments.ts';

const CLAIMS_FILE = 'claims.yaml';

/**
 * Judges `claims.yaml` by the experiments among nodes, of which some may have no result yet.
 *
 * @throws StageFailure where the claims or a result are not what they should be
 */
export function judgeWorkspace(
  workspace: string,
  nodes: readonly NodeStatus[],
  experiments: readonly ExperimentStatus[],
): ClaimsReport {
  const claims = parseClaims(CLAIMS_FILE, readFileSync(join(workspace, CLAIMS_FILE), 'utf8'));
  const solutions = readSolutions(workspace, nodes);
  const rows = [...experiments.flatMap(({ row }) => row ?? []), ...solutions.rows];
  const chosen = findChosenModels(nodes);
  const missing = experiments
    .filter(({ row }) => row === null)
    .map(({ name, known, training }) => ({
      experiment: name,
      known,
      isTrained: training?.state === 'up-to-date' || training?.state === 'cached',
      ...(chosen?.models.has(known['model']) === false && { leftOutBy: chosen.setting }),
    }));
  return judgeClaims(claims, findProfile(nodes), rows, [...missing, ...solutions.missing]);
}

/** The model of each experiment and of each solution, by name; experiments first, in their order. */
export function nameModels(
  workspace: string,
  nodes: readonly NodeStatus[],
  experiments: readonly ExperimentStatus[],
): ReadonlyMap<string, string> {
  const named = experiments.map(
    ({ name, row, known }) => [name, String(row?.['model'] ?? known['model'] ?? '')] as const,
  );
  const solved = readSolutions(workspace, nodes).rows.map(
    (row) => [row.experiment, String(row['model'])] as const,
  );
  return new Map([...named, ...solved].filter(([, model]) => model !== ''));
}

/** Parameters that list models. The first leaves out all others, but for those that another one is set to. */
const MODEL_LISTS = ['models', 'table1.models', 'table1.cropped'] as const;

/**
 * The models that `--set models=[…]` chooses; null where that is not set. Stages with models of their own, those of
 * figure 2 and table 1, have nodes of other models all the same.
 */
function findChosenModels(
  nodes: readonly NodeStatus[],
): { readonly models: ReadonlySet<unknown>; readonly setting: string } | null {
  const overrides = nodes.map(({ params }) => params['overrides']).find(Array.isArray) ?? [];
  // As the engine writes them: a parameter, and its value as JSON.
  const [setting, ...others] = MODEL_LISTS.map((name) =>
    overrides.map(String).find((one) => one.startsWith(`${name}=[`)),
  );
  if (setting === undefined) return null;
  const lists = [setting, ...others].flatMap((one) =>
    one === undefined ? [] : (JSON.parse(one.slice(one.indexOf('=') + 1)) as unknown[]),
  );
  return { models: new Set(lists), setting };
}

/** What the stage with an output `solutions` has found; what it is about, where it is not up to date. */
function readSolutions(
  workspace: string,
  nodes: readonly NodeStatus[],
): { readonly rows: readonly Row[]; readonly missing: readonly MissingExperiment[] } {
  const node = nodes.find(({ outputs }) => outputs['solutions'] !== undefined);
  const path = node?.outputs['solutions'];
  if (node === undefined || path === undefined) return { rows: [], missing: [] };
  if (node.state !== 'up-to-date') {
    const fields = Object.keys(SOLUTION_FIELDS);
    const missing = PROBLEMS.map((model) => ({ experiment: node.node, known: { model }, fields }));
    return { rows: [], missing };
  }
  return { rows: parseSolutions(path, readFileSync(join(workspace, path), 'utf8')), missing: [] };
}

/**
 * The profile that nodes belong to, as the parameter `profile` of one of them says.
 *
 * @throws StageFailure where no stage reads it
 */
export function findProfile(nodes: readonly NodeStatus[]): string {
  const profile = nodes.map(({ params }) => params['profile']).find((one) => one !== undefined);
  return typeof profile === 'string' ? profile : fail('no stage reads the parameter "profile"');
}
