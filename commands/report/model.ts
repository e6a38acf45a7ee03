/** Everything that a report shows, as one value. */

import { dirname } from 'node:path';
import type { NodeStatus } from 'rederive/contract';
import type { ClaimsReport } from '../../experiment/claims/claims-report.ts';
import { fail } from '../../experiment/data/failure.ts';
import { type ClaimsMatrix, tabulateClaims } from './claims-matrix.ts';
import { type ExperimentStatus, listExperiments } from './experiments.ts';
import { type FigureStatus, listFigures } from './figures.ts';
import { findProfile, judgeWorkspace, nameModels } from './judge-workspace.ts';
import { gatherProvenance, type Provenance } from './provenance.ts';

/** What of a profile is shown, and how it was chosen on the command line. */
export interface Selection {
  readonly profile?: string | undefined;
  readonly set?: readonly string[] | undefined;
  /** Names an exploration. */
  readonly as?: string | undefined;
}

/** A report on a profile. */
export interface ReportModel {
  /** Folder of its results, from the workspace. */
  readonly folder: string;
  readonly claims: ClaimsReport;
  readonly matrix: ClaimsMatrix;
  readonly figures: readonly FigureStatus[];
  readonly experiments: readonly ExperimentStatus[];
  readonly provenance: Provenance;
}

/**
 * Puts a report together from the states of all nodes of a profile.
 *
 * @throws StageFailure where the pipeline has no stage `experiments`
 */
export function assembleReport(
  workspace: string,
  nodes: readonly NodeStatus[],
  settings: readonly string[],
  exploration: string | undefined,
): ReportModel {
  const profile = findProfile(nodes);
  const experiments = listExperiments(workspace, nodes);
  const claims = judgeWorkspace(workspace, nodes, experiments);
  return {
    folder: findFolder(nodes),
    claims,
    matrix: tabulateClaims(claims, nameModels(workspace, nodes, experiments)),
    figures: listFigures(workspace, nodes),
    experiments,
    provenance: {
      ...gatherProvenance(workspace, profile, settings, nodes, experiments),
      exploration: exploration ?? null,
    },
  };
}

/** The folder of results: where the table of experiments is. */
function findFolder(nodes: readonly NodeStatus[]): string {
  const table = nodes.find(({ stage }) => stage === 'experiments')?.outputs['table'];
  return table === undefined ? fail('the pipeline has no stage "experiments"') : dirname(table);
}
