import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../inspect/plan.ts';
import {
  type Diagnostic,
  formatDiagnostics,
  sortDiagnostics,
} from '../pipeline-file/diagnostic.ts';

/** The user's mistakes, thrown from wherever a command finds it cannot start: exit code 2. */
export class UserMistakes extends Error {
  override readonly name = 'UserMistakes';
  readonly diagnostics: readonly Diagnostic[];
  readonly #sources: ReadonlyMap<string, string>;
  readonly #workspace: string | undefined;

  /** @param sources texts to quote; others are read from the workspace, where it is given */
  constructor(
    diagnostics: readonly Diagnostic[],
    sources: ReadonlyMap<string, string>,
    workspace?: string,
  ) {
    super('mistakes in the files or arguments');
    this.diagnostics = sortDiagnostics(diagnostics);
    this.#sources = sources;
    this.#workspace = workspace;
  }

  /** For people: each mistake with the line it is in. */
  format(): string {
    const sources = new Map(this.#sources);
    for (const { location } of this.diagnostics) {
      if (sources.has(location.file) || this.#workspace === undefined) continue;
      try {
        sources.set(location.file, readFileSync(join(this.#workspace, location.file), 'utf8'));
      } catch {
        // An argument, not a file: there is no line to quote.
      }
    }
    return formatDiagnostics(this.diagnostics, sources);
  }
}

/**
 * Says why nodes of a plan cannot run, beside what is said of all others.
 *
 * @param workspace absolute path
 * @returns the exit code
 */
export function tellUnreadable({ diagnostics }: Plan, workspace: string): number {
  if (diagnostics.length === 0) return 0;
  const mistakes = new UserMistakes(diagnostics, new Map(), workspace);
  process.stderr.write(`${mistakes.format()}\n`);
  return 2;
}
