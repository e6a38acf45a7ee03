/** `run --explain`: why a node runs, told as it starts. */

import type { Graph } from '../graph/types.ts';
import { type Forced, isForced } from '../inspect/forced.ts';
import type { RunExplainer } from '../scheduler/run.ts';
import type { ExplainTools } from './comparer.ts';
import { Explainer } from './explainer.ts';
import { wordCauses } from './wording.ts';

/**
 * Explains the nodes of a run, each as it starts.
 *
 * @param force which nodes run although they have a result
 */
export function explainRun(graph: Graph, tools: ExplainTools, force: Forced): RunExplainer {
  const explainer = new Explainer(graph, tools);
  return {
    note: (inspection) => explainer.note(inspection),
    explain: (inspection) => {
      if (inspection.result !== null) {
        return isForced(force, inspection.node)
          ? 'it has a result, but --force was given'
          : 'its result in the cache is damaged or missing';
      }
      return wordCauses(explainer.findCauses(inspection));
    },
  };
}
