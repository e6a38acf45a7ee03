/**
 * Which results went less far than others (`extends`), so that a longer training goes on from a
 * shorter one.
 */

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, isDigest } from '../fingerprint/canonical.ts';
import { type Fingerprint, hashLineage } from '../fingerprint/record.ts';
import { isErrorCode } from '../system/errors.ts';
import type { StateLayout } from '../system/layout.ts';
import type { ResultRecord, ResultStore } from './results.ts';

/** Which results go on from one another: an index that can be lost without harm. */
export class LineageIndex {
  readonly #layout: StateLayout;
  readonly #results: ResultStore;

  constructor(layout: StateLayout, results: ResultStore) {
    this.#layout = layout;
    this.#results = results;
  }

  /** Files a result under its lineage. */
  add(lineage: Digest, fingerprint: Fingerprint): void {
    const folder = this.#layout.lineage(lineage);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, fingerprint), '');
  }

  /**
   * The results of a lineage that went less far than `value`, the farthest first.
   *
   * @param parameter the dotted name that the stage `extends`
   */
  findShorter(
    lineage: Digest,
    parameter: string,
    value: number,
  ): { readonly result: ResultRecord; readonly value: number }[] {
    const found: { result: ResultRecord; value: number }[] = [];
    for (const fingerprint of this.#list(lineage)) {
      const { result } = this.#results.read(fingerprint);
      // The index is believed in nothing: a file of it may be misplaced.
      if (result === null || hashLineage(result.record, parameter) !== lineage) continue;
      const reached = result.record.params[parameter];
      if (typeof reached === 'number' && reached < value) found.push({ result, value: reached });
    }
    return found.sort((a, b) => b.value - a.value);
  }

  #list(lineage: Digest): Fingerprint[] {
    try {
      return readdirSync(this.#layout.lineage(lineage)).filter((name): name is Fingerprint =>
        isDigest(name),
      );
    } catch (error) {
      if (isErrorCode(error, 'ENOENT')) return [];
      throw error;
    }
  }
}
