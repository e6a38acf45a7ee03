/** Whether `trackers:` names stages, outputs and inputs that there are. */

import { type Diagnostic, listNames, suggest } from '../pipeline-file/diagnostic.ts';
import type { PipelineSpec, StageSpec, TrackedStageSpec } from '../pipeline-file/types.ts';

/**
 * Finds what `trackers.stages` names and is not there.
 *
 * @param faultyStages stages that have mistakes of their own, of which nothing more is said
 */
export function checkTrackers(
  { trackers, stages, source }: PipelineSpec,
  faultyStages: ReadonlySet<string>,
): Diagnostic[] {
  return Object.entries(trackers.stages).flatMap(([name, tracked]): Diagnostic[] => {
    if (faultyStages.has(name)) return [];
    const path = ['trackers', 'stages', name];
    const stage = Object.hasOwn(stages, name) ? stages[name] : undefined;
    if (stage !== undefined) {
      return listNamed(tracked, stage)
        .filter(({ name: named, among }) => !among.includes(named))
        .map(({ kind, name: named, among, key }) => ({
          code: kind === 'output' ? 'unknown-output' : 'unknown-value',
          message: `stage "${name}" has no ${kind} "${named}"`,
          location: source.locate([...path, ...key]),
          expected: among.length === 0 ? `a stage with ${kind}s` : listNames(among),
          ...suggest(named, among),
        }));
    }
    return [
      {
        code: 'unknown-stage',
        message: `trackers names the stage "${name}", which does not exist`,
        location: source.locateKey(path),
        expected: listNames(Object.keys(stages)),
        ...suggest(name, Object.keys(stages)),
      },
    ];
  });
}

/** What is named of a stage, and among which names it should be. */
function listNamed({ curves, graph, images, assets }: TrackedStageSpec, stage: StageSpec) {
  const outputs = { kind: 'output', among: Object.keys(stage.outputs) };
  const inputs = { kind: 'input', among: Object.keys(stage.inputs) };
  return [
    ...(curves === null ? [] : [{ ...outputs, name: curves, key: ['curves'] }]),
    ...(graph === null ? [] : [{ ...inputs, name: graph, key: ['graph'] }]),
    ...images.map((name, index) => ({ ...outputs, name, key: ['images', index] })),
    ...assets.map((name, index) => ({ ...outputs, name, key: ['assets', index] })),
  ];
}
