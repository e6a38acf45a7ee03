/** Names that other keys refer to: profiles, stages and commands must be there and be reachable. */

import type { JsonObject } from '../contract/values.ts';
import { type Diagnostic, listNames, suggest } from '../pipeline-file/diagnostic.ts';
import type { LoadedSpec } from '../pipeline-file/load-spec.ts';
import { PROGRAM_COMMANDS } from '../pipeline-file/program-commands.ts';
import type { PipelineSpec } from '../pipeline-file/types.ts';
import { lookUpVariable } from './interpolate.ts';
import { whyNoFile } from './suggest-path.ts';
import type { WorkspaceView } from './types.ts';

/** Names of profiles and stages that other keys refer to. */
export function checkNames(loaded: LoadedSpec, spec: PipelineSpec): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const profiles = new Set(Object.keys(spec.profiles));
  const checkProfile = (name: string, path: (string | number)[]) => {
    if (profiles.has(name)) return;
    diagnostics.push({
      code: 'unknown-profile',
      message: `unknown profile "${name}"`,
      location: spec.source.locate(path),
      expected: `one of ${listNames(profiles)}`,
      ...suggest(name, profiles),
    });
  };
  checkProfile(spec.defaultProfile, ['default_profile']);
  const stages = new Set([...Object.keys(spec.stages), ...loaded.faultyStages]);
  const checkStage = (name: string, path: (string | number)[]) => {
    if (stages.has(name)) return;
    diagnostics.push({
      code: 'unknown-stage',
      message: `unknown stage "${name}"`,
      location: spec.source.locate(path),
      expected: `one of ${listNames(stages, 24)}`,
      ...suggest(name, stages),
    });
  };
  for (const stage of Object.values(spec.stages)) {
    const at = ['stages', stage.name];
    for (const [i, name] of (stage.profiles ?? []).entries()) {
      checkProfile(name, [...at, 'profiles', i]);
    }
    for (const [i, name] of stage.needs.entries()) checkStage(name, [...at, 'needs', i]);
    for (const [input, source] of Object.entries(stage.inputs)) {
      if (source.kind !== 'stage') continue;
      const isList = Array.isArray(
        lookUpVariable(spec.source.value as JsonObject, [...at, 'inputs', input, 'from']),
      );
      for (const [i, name] of source.from.entries()) {
        checkStage(name, [...at, 'inputs', input, 'from', ...(isList ? [i] : [])]);
      }
    }
  }
  return diagnostics;
}

/** The workspace's own commands must be reached by their names, and their modules exist. */
export function checkCommands(spec: PipelineSpec, workspace: WorkspaceView): Diagnostic[] {
  return Object.entries(spec.commands).flatMap(([name, { module }]): Diagnostic[] => {
    if (PROGRAM_COMMANDS.includes(name)) {
      return [
        {
          code: 'reserved-name',
          message: `"${name}" cannot be the name of a command: the program has one of that name`,
          location: spec.source.locateKey(['commands', name]),
          expected: 'another name',
        },
      ];
    }
    if (!module.startsWith('/') && workspace.kindOf(module) === 'file') return [];
    return [
      {
        code: 'missing-file',
        message: `the module "${module}" of command "${name}" ${whyNoFile(workspace.kindOf(module))}`,
        location: spec.source.locate(['commands', name, 'module']),
        expected: 'a file, by its path from the workspace',
      },
    ];
  });
}
