/** The experiments of a profile: those that have a result, and those that wait for one. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeStatus } from 'rederive/contract';
import type { FieldValue } from '../../experiment/claims/claim.ts';
import { parseRows } from '../../experiment/claims/read-rows.ts';
import type { Row } from '../../experiment/claims/select.ts';

/** An experiment as it stands. */
export interface ExperimentStatus {
  readonly name: string;
  /** Its fields that are known without a result: the axes of its cell, and its weight decay. */
  readonly known: Readonly<Record<string, FieldValue>>;
  /** What its evaluation recorded; null where it is not up to date. */
  readonly row: Row | null;
  /** The node that evaluates it, and the one that trains it where the pipeline has such. */
  readonly evaluation: NodeStatus;
  readonly training: NodeStatus | null;
}

type Known = ExperimentStatus['known'];

/** The weight decay that a config says, by the parameter that it is made from. */
function findDecay(config: NodeStatus | undefined): Known {
  const decay = config?.params['training.weight_decay'];
  if (typeof decay !== 'number') return {};
  return { weight_decay: config?.cell['decay'] === true ? decay : 0 };
}

/** Lists the experiments among nodes, in their order: those whose stage has an output `evaluation`. */
export function listExperiments(
  workspace: string,
  nodes: readonly NodeStatus[],
): readonly ExperimentStatus[] {
  const byName = new Map(nodes.map((node) => [node.node, node]));
  return nodes.flatMap((evaluation) => {
    const path = evaluation.outputs['evaluation'];
    if (path === undefined) return [];
    const upstreamOf = (node: NodeStatus) =>
      node.upstream.flatMap((name) => byName.get(name) ?? []);
    const training = upstreamOf(evaluation).find(
      ({ outputs }) => outputs['checkpoint'] !== undefined,
    );
    const config = (training === undefined ? [] : upstreamOf(training)).find(
      ({ outputs }) => outputs['config'] !== undefined,
    );
    const [row = null] =
      evaluation.state === 'up-to-date'
        ? parseRows(path, readFileSync(join(workspace, path), 'utf8'))
        : [];
    return {
      name: row?.experiment ?? evaluation.node.slice(evaluation.node.indexOf('/') + 1),
      known: { ...(evaluation.cell as Known), ...findDecay(config) },
      row,
      evaluation,
      training: training ?? null,
    };
  });
}
