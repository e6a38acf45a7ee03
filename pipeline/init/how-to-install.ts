/** How a workspace gets the program that made it. */

import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Where npm notes what it has installed, beside it. */
const NOTES = '.package-lock.json';

/**
 * The way from a registry's installation to another is the registry; from a clone, a link or a tarball it is
 * the folder itself.
 *
 * @param program the folder of this program's package
 * @returns the folder that `npm install` must be given; null where the registry has the program
 */
export function folderToInstall(program: string): string | null {
  const modules = dirname(program);
  if (basename(modules) !== 'node_modules') return program;
  try {
    const { packages } = JSON.parse(readFileSync(join(modules, NOTES), 'utf8')) as {
      readonly packages?: Readonly<Record<string, { readonly resolved?: string }>>;
    };
    const { resolved } = packages?.[`node_modules/${basename(program)}`] ?? {};
    return resolved === undefined || /^https?:/.test(resolved) ? null : program;
  } catch {
    // Global installations and other installers have no such notes, and come from a registry.
    return null;
  }
}
