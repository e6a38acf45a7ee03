/** Cells → their names and what their `{{ … }}` may refer to, before they are linked. */

import type { JsonObject } from '../contract/values.ts';
import type { Diagnostic } from '../pipeline-file/diagnostic.ts';
import type { PipelineSpec, StageSpec } from '../pipeline-file/types.ts';
import { type InterpolationFault, interpolate } from './interpolate.ts';
import { expandMatrix } from './matrix.ts';
import { dottedNames, type ResolvedParams, suggestParam } from './params.ts';
import type { Cell, NodeId } from './types.ts';

/** The cells of a stage with their names, before nodes are linked. */
export interface StagePlan {
  readonly stage: StageSpec;
  /** The parameters of the profile, which its cells' variables begin with. */
  readonly resolved: ResolvedParams;
  readonly axes: readonly string[];
  readonly cells: readonly PlannedCell[];
}

/** A cell with its name, and what its `{{ … }}` may refer to. */
export interface PlannedCell {
  readonly id: NodeId;
  readonly cell: Cell;
  readonly variables: JsonObject;
}

/** Expands the cells of a stage and names them. */
export function planStage(
  spec: PipelineSpec,
  stage: StageSpec,
  resolved: ResolvedParams,
  profile: string,
): { value: StagePlan; diagnostics: Diagnostic[] } {
  const { axes, cells, diagnostics: matrixDiagnostics } = expandMatrix(spec, stage, resolved);
  const diagnostics = [...matrixDiagnostics];
  const ids = new Map<string, Cell>();
  const planned = cells.flatMap((cell) => {
    const scope: JsonObject = { ...resolved.params, ...cell, profile };
    let name = axes.map((axis) => String(cell[axis])).join('_');
    if (stage.cellName !== null) {
      const result = interpolate(stage.cellName, scope);
      diagnostics.push(
        ...describeFaults(result.faults, spec, ['stages', stage.name, 'name'], scope),
      );
      // A name with a mistake would give all cells the same one, which is no second mistake.
      if (result.faults.length === 0) name = result.text;
    }
    const id = (axes.length === 0 ? stage.name : `${stage.name}/${name}`) as NodeId;
    const twin = ids.get(id);
    if (twin !== undefined && JSON.stringify(twin) !== JSON.stringify(cell)) {
      diagnostics.push({
        code: 'duplicate-cell',
        message: `two cells of stage "${stage.name}" are named "${name}": ${JSON.stringify(twin)} and ${JSON.stringify(cell)}`,
        location: spec.source.locate([
          'stages',
          stage.name,
          stage.cellName === null ? 'matrix' : 'name',
        ]),
        expected: 'a name that tells all cells apart',
        hint: suggestCellName(axes, twin, cell),
      });
    }
    if (twin !== undefined) return [];
    ids.set(id, cell);
    return [{ id, cell, variables: { ...scope, name: axes.length === 0 ? stage.name : name } }];
  });
  return { value: { stage, resolved, axes, cells: planned }, diagnostics };
}

/** A name that tells two cells apart, or what else to do where their values look alike. */
function suggestCellName(axes: readonly string[], one: Cell, other: Cell): string {
  const text = (cell: Cell, separator: string) =>
    axes.map((axis) => String(cell[axis])).join(separator);
  const separator = ['_', '-', '__', '--', '.'].find(
    (between) => text(one, between) !== text(other, between),
  );
  return separator === undefined
    ? 'leave one of them out: their values look the same'
    : `use every axis in the name: name: "${axes.map((axis) => `{{ ${axis} }}`).join(separator)}"`;
}

/** Says what is wrong with the `{{ … }}` of a text of the file. */
export function describeFaults(
  faults: readonly InterpolationFault[],
  spec: PipelineSpec,
  at: readonly (string | number)[],
  variables: JsonObject,
): Diagnostic[] {
  if (faults.length === 0) return [];
  const known = dottedNames(variables);
  return dropTold(faults, spec).map(({ kind, message, name, hint }) => ({
    code: kind,
    message: `${message} in ${at.join('.')}`,
    location: spec.source.locate(at),
    expected: 'a parameter, an axis of the stage, name or profile',
    ...(hint === undefined ? suggestVariable(name, known) : { hint }),
  }));
}

/** Faults without those of parameters whose names are not allowed: that is told where they are declared. */
export function dropTold(
  faults: readonly InterpolationFault[],
  spec: PipelineSpec,
): readonly InterpolationFault[] {
  const told = Object.keys(spec.params).filter((name) => !/^[A-Za-z_]\w*$/.test(name));
  return faults.filter(({ kind, name }) => kind !== 'template-error' || !told.includes(name));
}

/** A name that may be meant; of `params.lr` it is `lr`, of `output` it is `outputs.o`. */
export function suggestVariable(name: string, known: ReadonlySet<string>): { hint?: string } {
  const inner = name.replace(/^(?:params?|matrix|axes|axis|cell|wildcards|config)\./, '');
  if (inner !== name && known.has(inner)) {
    return { hint: `write {{ ${inner} }}: parameters and axes stand for themselves` };
  }
  const [, group] = /^(in|out)puts?$/.exec(name) ?? [];
  const [only, ...others] = [...known].filter((one) => one.startsWith(`${group}puts.`));
  return only !== undefined && others.length === 0
    ? { hint: `write {{ ${only} }}` }
    : suggestParam(name, known);
}
