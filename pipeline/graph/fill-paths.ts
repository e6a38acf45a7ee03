/** Linking cells: the paths that a stage declares, with a cell's values in them. */

import type { JsonObject } from '../contract/values.ts';
import type { PipelineSpec, StageAction, StageSpec } from '../pipeline-file/types.ts';
import { describeAbsoluteCode, findShellWord } from './check-input-path.ts';
import { findPathFault, isWritablePath, normalizePath } from './check-paths.ts';
import { interpolate } from './interpolate.ts';
import type { LinkMistakes } from './link-mistakes.ts';
import { describeFaults } from './name-cells.ts';
import { suggestPath, whyNoFile } from './suggest-path.ts';
import type { WorkspaceView } from './types.ts';

/** Fills in paths, and notes which could not be, or may not stand there. */
export class PathFiller {
  readonly #spec: PipelineSpec;
  readonly #workspace: WorkspaceView;
  readonly #mistakes: LinkMistakes;
  /** Stages of which an output's path could not be filled in, or may not be written. */
  readonly unplaced = new Set<string>();

  constructor(spec: PipelineSpec, workspace: WorkspaceView, mistakes: LinkMistakes) {
    this.#spec = spec;
    this.#workspace = workspace;
    this.#mistakes = mistakes;
  }

  /** The path with values in it, and whether none of them is missing; that is told. */
  fill(
    text: string,
    at: readonly string[],
    variables: JsonObject,
  ): { readonly path: string; readonly isWhole: boolean } {
    const { text: filled, faults } = interpolate(text, variables);
    this.#tell(faults, at, variables);
    return { path: normalizePath(filled), isWhole: faults.length === 0 };
  }

  /** Fills in the path of a module, which must exist. */
  fillAction({ name, action }: StageSpec, variables: JsonObject): StageAction {
    if (action.kind !== 'module') return action;
    const at = ['stages', name, 'module'];
    const { text, faults } = interpolate(action.module, variables);
    this.#tell(faults, at, variables);
    if (faults.length === 0 && text.startsWith('/')) {
      this.#mistakes.add(describeAbsoluteCode('module', text, name, this.#spec.source.locate(at)));
    } else if (faults.length === 0 && this.#workspace.kindOf(text) !== 'file') {
      this.#mistakes.add({
        code: 'missing-file',
        message: `the module "${text}" of stage "${name}" ${whyNoFile(this.#workspace.kindOf(text))}`,
        location: this.#spec.source.locate(at),
        expected: 'a file, by its path from the workspace',
        ...(text === action.module
          ? suggestPath(text, this.#workspace)
          : { hint: `the path is made from "${action.module}"` }),
      });
    }
    return { kind: 'module', module: normalizePath(text) };
  }

  /** The path of an output, which must be one that the pipeline may write. */
  fillOutput(text: string, at: readonly string[], variables: JsonObject): string {
    const { text: filled, faults } = interpolate(text, variables);
    this.#tell(faults, at, variables);
    if (faults.length > 0) this.unplaced.add(String(at[1]));
    const path = normalizePath(filled);
    const fault = faults.length === 0 ? findPathFault(path) : null;
    if (fault !== null) {
      this.#mistakes.add({
        code: 'wrong-value',
        message: `no file can have the output path "${filled.slice(0, 60)}…": ${fault}`,
        location: this.#spec.source.locate(at),
        expected: 'a path of shorter names; of a cell with long values, some of them alone',
      });
    }
    const variable = findShellWord(filled);
    if (faults.length === 0 && (!isWritablePath(path) || variable !== null)) {
      this.unplaced.add(String(at[1]));
      this.#mistakes.add({
        code: 'outside-workspace',
        message: `the output path "${filled}" is not one the pipeline may write`,
        location: this.#spec.source.locate(at),
        expected: `a relative path inside the workspace, and not in .pipeline or .git${variable === null ? '' : `; ${variable} means nothing outside of commands`}`,
      });
    }
    return path;
  }

  #tell(
    faults: Parameters<typeof describeFaults>[0],
    at: readonly string[],
    variables: JsonObject,
  ): void {
    for (const diagnostic of describeFaults(faults, this.#spec, at, variables)) {
      this.#mistakes.add(diagnostic);
    }
  }
}
