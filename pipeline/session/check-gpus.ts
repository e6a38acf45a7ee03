/** Before a run: stages that ask for more GPUs than there are. */

import { nameGpus } from '../graph/node-resources.ts';
import type { Forced } from '../inspect/forced.ts';
import { planNodes } from '../inspect/plan.ts';
import type { Diagnostic } from '../pipeline-file/diagnostic.ts';
import type { StageSpec } from '../pipeline-file/types.ts';
import { becomesJob } from './cluster-options.ts';
import type { Machine } from './machine.ts';
import type { Session } from './open-session.ts';

/**
 * Stages that are certain to run and ask for more GPUs than there are: a mistake each. What is in the
 * cache needs no GPU, and what may turn out to be is left to the run. Costs as much as a run without
 * work: ask only where a node takes more than there are.
 *
 * @param isCluster whether jobs of a cluster run what may be one, so that the GPUs here are for the others
 */
export async function findGpuShortage(
  { graph, nodes, tools, history, recall }: Session,
  { gpus }: Machine,
  force: Forced,
  isCluster: boolean,
): Promise<Diagnostic[]> {
  const isShort = (stage: StageSpec) =>
    stage.resources.gpus > gpus.length && !(isCluster && becomesJob(stage));
  if (!Object.values(graph.spec.stages).some(isShort)) return [];
  const plan = await planNodes(graph, nodes, { ...tools, recall }, force);
  const certain = plan.nodes.filter(({ node, state }) => {
    if (!isShort(node.stage)) return false;
    const hasRun = history.ofNode(node.stage.name, node.id, node.cell).length > 0;
    return state === 'run' || (state === 'depends-on-upstream' && !hasRun);
  });
  const stages = new Set(certain.map(({ node }) => node.stage));
  return [...stages].map((stage): Diagnostic => {
    const asked = stage.resources.gpus;
    return {
      code: 'too-few-gpus',
      message: `stage "${stage.name}" needs ${nameGpus(asked)}, and this run may use ${gpus.length}`,
      location: graph.spec.source.locate(['stages', stage.name, 'resources', 'gpus']),
      expected:
        gpus.length === 0
          ? 'no GPUs, as none was found here'
          : `at most ${gpus.length}: ${gpus.join(', ')}`,
      hint: 'say which GPUs there are with --gpus or CUDA_VISIBLE_DEVICES',
    };
  });
}
