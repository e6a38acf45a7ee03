/** Code of commands: what a stage reads because it runs that code. */

import { relative } from 'node:path';
import type { Access } from '../audit/access.ts';
import type { CommandRow } from './command-rows.ts';

/** Whether a path is a module, where modules are looked for, or in an environment. @param root of the workspace */
export function isOfCode(
  { answers, environments, files }: CommandRow,
  root: string,
  kind: Access['kind'],
  path: string,
): boolean {
  const inside = environments.map((folder) => relative(root, folder));
  const isSearched = path in answers.found || path in answers.listings;
  return (
    files.includes(path) ||
    path in answers.stamps ||
    (kind !== 'read' && (isSearched || files.some((file) => file.startsWith(`${path}/`)))) ||
    inside.some((folder) => path === folder || path.startsWith(`${folder}/`))
  );
}
