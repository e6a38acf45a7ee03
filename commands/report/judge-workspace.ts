/** Judges the claims of a workspace by the results that it has. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeStatus } from 'rederive/contract';
import { type ClaimsReport, judgeClaims } from '../../experiment/claims/claims-report.ts';
import { parseClaims } from '../../experiment/claims/read-claims.ts';
import { fail } from '../../experiment/data/failure.ts';
import type { ExperimentStatus } from './experiments.ts';

const CLAIMS_FILE = 'claims.yaml';

/** Judges `claims.yaml` by experiments, of which some may have no result yet. */
export function judgeWorkspace(
  workspace: string,
  profile: string,
  experiments: readonly ExperimentStatus[],
): ClaimsReport {
  const claims = parseClaims(CLAIMS_FILE, readFileSync(join(workspace, CLAIMS_FILE), 'utf8'));
  const rows = experiments.flatMap(({ row }) => row ?? []);
  const missing = experiments
    .filter(({ row }) => row === null)
    .map(({ name, known, training }) => ({
      experiment: name,
      known,
      isTrained: training?.state === 'up-to-date' || training?.state === 'cached',
    }));
  return judgeClaims(claims, profile, rows, missing);
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
