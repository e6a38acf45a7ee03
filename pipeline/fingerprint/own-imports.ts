/** `#name` imports, as the nearest package.json resolves them. */

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isErrorCode } from '../system/errors.ts';

/** What a `#name` stands for: a path of the package that says so, or another package. */
export interface OwnImport {
  /** The folder of that package. */
  readonly folder: string;
  /** `./lib/a.ts`, `left-pad/x` */
  readonly target: string;
}

/**
 * Looks a `#name` up in the `imports` of the nearest package.json, as Node does.
 *
 * @param from folder of the module that imports it
 * @returns null where it is not there; whoever resolves it tells of that
 */
export function findOwnImport(
  from: string,
  specifier: string,
  isRequired: boolean,
): OwnImport | null {
  const conditions = ['node', isRequired ? 'require' : 'import', 'default'];
  for (let folder = from; ; folder = dirname(folder)) {
    const imports = readImports(folder);
    if (imports !== undefined) {
      const target = choose(imports, specifier, conditions);
      return target === null ? null : { folder, target };
    }
    if (dirname(folder) === folder) return null;
  }
}

/** The `imports` of a folder's package.json; undefined where there is no such file. */
function readImports(folder: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = readFileSync(join(folder, 'package.json'), 'utf8');
    return (JSON.parse(text) as { imports?: Record<string, unknown> }).imports ?? {};
  } catch (error) {
    return isErrorCode(error, 'ENOENT', 'ENOTDIR') ? undefined : {};
  }
}

function choose(
  imports: Readonly<Record<string, unknown>>,
  specifier: string,
  conditions: readonly string[],
): string | null {
  if (Object.hasOwn(imports, specifier)) return followConditions(imports[specifier], conditions);
  const patterns = Object.keys(imports)
    .map((key) => ({ key, start: key.split('*', 1)[0] ?? '', end: key.split('*')[1] }))
    .filter(({ start, end }) => end !== undefined && specifier.startsWith(start))
    .filter(({ start, end = '' }) => specifier.slice(start.length).endsWith(end))
    // The longest fits best.
    .sort((a, b) => b.start.length - a.start.length);
  const [best] = patterns;
  if (best === undefined) return null;
  const inner = specifier.slice(best.start.length, specifier.length - (best.end?.length ?? 0));
  return followConditions(imports[best.key], conditions)?.replaceAll('*', () => inner) ?? null;
}

function followConditions(value: unknown, conditions: readonly string[]): string | null {
  if (typeof value === 'string') return value;
  const inner = Array.isArray(value)
    ? value
    : Object.entries(value ?? {})
        .filter(([condition]) => conditions.includes(condition))
        .map(([, target]: [string, unknown]) => target);
  for (const target of inner) {
    const found = followConditions(target, conditions);
    if (found !== null) return found;
  }
  return null;
}
