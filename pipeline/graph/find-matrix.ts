/** Whose matrix a stage has: its own, another's (`like`), or none. */

import { type Diagnostic, listNames, suggest } from '../pipeline-file/diagnostic.ts';
import type { MatrixSpec, PipelineSpec, StageSpec } from '../pipeline-file/types.ts';

/** The matrix that a stage has, its own or another's; null where there is none. */
export function findMatrix(spec: PipelineSpec, stage: StageSpec): MatrixSpec | null {
  return resolveLike(spec, stage, [])?.matrix ?? null;
}

/** Follows `{ like: stage }`, once: the stage named must have axes of its own. */
export function resolveLike(
  spec: PipelineSpec,
  stage: StageSpec,
  diagnostics: Diagnostic[],
): { name: string; matrix: MatrixSpec } | null {
  if (stage.matrix === null) return null;
  if (!('like' in stage.matrix)) return { name: stage.name, matrix: stage.matrix };
  const { like } = stage.matrix;
  const model = spec.stages[like];
  if (model?.matrix && !('like' in model.matrix)) return { name: like, matrix: model.matrix };
  const candidates = Object.values(spec.stages)
    .filter((other) => other.matrix !== null && !('like' in other.matrix))
    .map((other) => other.name);
  diagnostics.push({
    code: 'unknown-stage',
    message:
      model === undefined ? `unknown stage "${like}"` : `stage "${like}" has no matrix of its own`,
    location: spec.source.locate(['stages', stage.name, 'matrix', 'like']),
    expected: `a stage with a matrix of its own${candidates.length === 0 ? '' : `: ${listNames(candidates)}`}`,
    ...suggest(like, candidates),
  });
  return null;
}
