/** Before linking: whether a path is one from which a stage could read. */

import { posix } from 'node:path';
import type { Diagnostic, Location } from '../pipeline-file/diagnostic.ts';
import { suggestPath } from './suggest-path.ts';
import type { WorkspaceView } from './types.ts';

/** Why a path is none that a pipeline can name, and what to write instead. */
export interface PathFault {
  readonly message: string;
  readonly expected: string;
  readonly hint?: string;
}

/**
 * Why nothing can be read at the normalised path of an input; null where something can.
 *
 * @param path from the workspace, or absolute: data may lie outside, code and outputs may not
 */
export function findInputFault(path: string, workspace: WorkspaceView): PathFault | null {
  const inside = pathInside(path, workspace);
  if (inside !== null) {
    return {
      message: `is given by the absolute path ${path}, which lies in the workspace`,
      expected: 'a path from the workspace, which stays right where the workspace is moved',
      hint: `write ${inside}`,
    };
  }
  if (workspace.kindOf(path) !== 'none') return null;
  const missing = `does not exist: ${path}`;
  const variable = findShellWord(path);
  if (variable !== null) {
    return {
      message: missing,
      expected: `a path as it is: ${variable} means nothing outside of commands`,
      hint: `write the absolute path, or a parameter that holds it: {{ data }}/…`,
    };
  }
  const turned = posix.normalize(path.replaceAll('\\', '/'));
  if (turned !== path && workspace.kindOf(turned) !== 'none') {
    return { message: missing, expected: 'steps of a path parted by /', hint: `write ${turned}` };
  }
  const inner = path.startsWith('/') ? posix.normalize(path.slice(1)) : null;
  if (inner !== null && workspace.kindOf(inner) !== 'none') {
    return {
      message: missing,
      expected: 'an absolute path that exists, or one from the workspace',
      hint: `write ${inner}`,
    };
  }
  return {
    message: missing,
    expected: path.startsWith('/')
      ? 'a file or folder at this absolute path'
      : 'a file or folder of the workspace, or { from: stage, output: name }',
    ...suggestPath(path, workspace),
  };
}

/** The mistake of code that is given by an absolute path: it is a part of the workspace. */
export function describeAbsoluteCode(
  what: 'module' | 'template' | 'code',
  path: string,
  stage: string,
  location: Location,
): Diagnostic {
  return {
    code: 'outside-workspace',
    message: `the ${what} of stage "${stage}" is given by an absolute path: ${path}`,
    location,
    expected: 'a path from the workspace: code is found the same way on every machine',
  };
}

/** `~` or `$HOME`, where a path begins with such a thing that only a shell knows. */
export function findShellWord(path: string): string | null {
  return /^(~|\$\w+|\$\{\w+\})(?:\/|$)/.exec(path)?.[1] ?? null;
}

/** An absolute path that leads into the workspace, from there. */
function pathInside(path: string, { roots }: WorkspaceView): string | null {
  for (const root of roots) {
    if (path === root) return '.';
    if (path.startsWith(`${root}/`)) return path.slice(root.length + 1);
  }
  return null;
}
