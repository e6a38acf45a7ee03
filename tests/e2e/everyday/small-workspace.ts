import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

/** A workspace whose stages are the lines given, indented already. */
export function workspaceOf(
  params: string,
  stages: string,
  files: Readonly<Record<string, string>> = {},
): Workspace {
  return makeWorkspace({
    'pipeline.yaml': `version: 1\nparams: ${params}\nstages:\n${stages}\n`,
    ...files,
  });
}

/** The arguments that set parameters: `name=value`. */
export const setAll = (...settings: string[]) => settings.flatMap((setting) => ['--set', setting]);
