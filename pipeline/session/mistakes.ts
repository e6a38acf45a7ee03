/**
 * The user's mistakes as the one thing a command throws, and how nodes that cannot be read are
 * told.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Diagnostic,
  formatDiagnostics,
  locateArgument,
  sortDiagnostics,
} from '../pipeline-file/diagnostic.ts';

/** Where the lines of mistakes are quoted from. */
export interface Quotable {
  /** By the names of files. */
  readonly sources?: ReadonlyMap<string, string>;
  /** The folder that other files are read from. */
  readonly root?: string;
}

/** The user's mistakes, thrown from wherever a command finds it cannot start: exit code 2. */
export class UserMistakes extends Error {
  override readonly name = 'UserMistakes';
  readonly diagnostics: readonly Diagnostic[];
  readonly #quotable: Quotable;

  constructor(diagnostics: readonly Diagnostic[], quotable: Quotable = {}) {
    super('mistakes in the files or arguments');
    this.diagnostics = sortDiagnostics(diagnostics);
    this.#quotable = quotable;
  }

  /** For people: each mistake with the line it is in. */
  format(): string {
    const { root } = this.#quotable;
    const sources = new Map(this.#quotable.sources);
    for (const { location } of this.diagnostics) {
      if (sources.has(location.file) || root === undefined) continue;
      try {
        sources.set(location.file, readFileSync(join(root, location.file), 'utf8'));
      } catch {
        // An argument, not a file: there is no line to quote.
      }
    }
    return formatDiagnostics(this.diagnostics, sources);
  }
}

/**
 * An argument that cannot be taken, as a diagnostic.
 *
 * @param argument as it is typed, or the part of it that says which it is
 */
export function describeBadArgument(
  argument: string,
  message: string,
  more: Pick<Diagnostic, 'expected' | 'hint'> = {},
): Diagnostic {
  return { code: 'bad-argument', message, location: locateArgument(argument), ...more };
}

/** An argument that cannot be taken, to be thrown; see {@link describeBadArgument}. */
export function badArgument(...about: Parameters<typeof describeBadArgument>): UserMistakes {
  return new UserMistakes([describeBadArgument(...about)]);
}
