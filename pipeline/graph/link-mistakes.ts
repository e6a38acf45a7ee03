/** Linking cells: what does not fit, told once though many cells have it. */

import type { Diagnostic } from '../pipeline-file/diagnostic.ts';

/** Mistakes by place: the first of those that the cells of a stage share. */
export class LinkMistakes {
  readonly #found = new Map<string, Diagnostic>();

  get all(): readonly Diagnostic[] {
    return [...this.#found.values()];
  }

  add(diagnostic: Diagnostic): void {
    const { file, line, column } = diagnostic.location;
    const key = JSON.stringify([diagnostic.code, file, line, column]);
    if (!this.#found.has(key)) this.#found.set(key, diagnostic);
  }
}
