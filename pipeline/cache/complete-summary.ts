/** A result's summary, as outputs are declared today. */

import type { JsonObject } from '../contract/values.ts';
import type { GraphNode, NodeOutput } from '../graph/types.ts';
import type { ObjectStore } from './objects.ts';
import { type MeasuredOutput, readMetrics } from './read-metrics.ts';
import type { ResultRecord } from './results.ts';

/** The outputs of a node that are declared to have metrics. */
export function listMeasured({ stage, outputs }: GraphNode): readonly NodeOutput[] {
  return outputs.filter(({ name }) => stage.outputs[name]?.metrics === true);
}

/**
 * The summary of a result, with the values of outputs that were not declared to have metrics yet when it
 * was made: these are read from the store.
 *
 * @param measured the outputs that have metrics
 * @param complain told why the metrics of an output are left out
 */
export function completeSummary(
  { summary, outputs }: Pick<ResultRecord, 'summary' | 'outputs'>,
  measured: readonly MeasuredOutput[],
  objects: ObjectStore,
  complain: (text: string, error: unknown) => void = () => {},
): JsonObject {
  const late = measured.filter(({ name }) => outputs[name]?.metrics === undefined);
  if (late.length === 0) return summary;
  const find = ({ name }: MeasuredOutput) => {
    const output = outputs[name];
    if (output === undefined) return null;
    // The object of a folder is the list of its files.
    const isKept = output.kind !== 'tree' && objects.check(output.digest) === 'sound';
    return isKept ? objects.path(output.digest) : null;
  };
  return { ...summary, ...readMetrics(late, find, complain) };
}
