/** Keeping results: an index of which results each stage has had, by node. */

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { JsonObject } from '../contract/values.ts';
import { stringifyCanonical } from '../fingerprint/canonical.ts';
import type { Fingerprint } from '../fingerprint/record.ts';
import { stageOf } from '../graph/node-name.ts';
import type { Cell } from '../graph/types.ts';
import { isErrorCode } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { appendLines, keepIfPossible } from '../system/memo-file.ts';
import { movePath } from '../system/move-path.ts';
import { makeNonce } from '../system/nonce.ts';
import { removePath } from '../system/remove-path.ts';
import {
  formatLine,
  newestFirst,
  type PastRun,
  parseLines,
  readLines,
  StageHistory,
  toPastRun,
} from './past-runs.ts';
import type { ResultRecord, ResultStore } from './results.ts';

/**
 * Which results each stage has had and how long they took: an index of the result records that can
 * be lost without harm. It is a file of JSON lines for each stage, which runs append to; where the
 * whole folder is missing, it is made again from all records.
 */
export class RunHistory {
  readonly #layout: StateLayout;
  readonly #results: ResultStore;
  readonly #stages = new Map<string, StageHistory>();
  #exists = false;
  /** The index by stage, where it is not on disk: nothing has been run, or only looked at. */
  #unkept: ReadonlyMap<string, string> | null = null;

  constructor(layout: StateLayout, results: ResultStore) {
    this.#layout = layout;
    this.#results = results;
  }

  /** Files a result, whose result record is written already. */
  add(result: ResultRecord): void {
    this.#ensure();
    if (this.#unkept !== null) {
      this.#keep(this.#unkept);
      this.#unkept = null;
    }
    const run = toPastRun(result);
    const stage = stageOf(run.node);
    // An index, which is made again where it is missing: no reason to lose the result.
    keepIfPossible(() =>
      appendLines(this.#layout.history(stage), formatLine(run), this.#layout.temporary),
    );
    this.#stages.get(stage)?.add(run);
  }

  /** The past runs of a stage, the newest first. Some of their records may be gone. */
  ofStage(stage: string): readonly PastRun[] {
    return this.#read(stage).all();
  }

  /** The past runs of a node, by its name or by its stage and an equal cell; the newest first. */
  ofNode(stage: string, node: string, cell: Cell | JsonObject): readonly PastRun[] {
    return this.#read(stage).ofNode(node, cell);
  }

  /**
   * The past runs with a cell of stages that are not there any more, the newest first: what a renamed
   * stage may have been.
   *
   * @param present names of the stages that are there
   */
  ofGoneStages(present: ReadonlySet<string>, cell: Cell | JsonObject): readonly PastRun[] {
    this.#ensure();
    const wanted = stringifyCanonical(cell);
    return (listFolder(this.#layout.histories) ?? [])
      .flatMap((name) => readLines(join(this.#layout.histories, name)))
      .filter((run) => !present.has(stageOf(run.node)) && stringifyCanonical(run.cell) === wanted)
      .sort(newestFirst);
  }

  #read(stage: string): StageHistory {
    let history = this.#stages.get(stage);
    if (history === undefined) {
      this.#ensure();
      const runs = this.#unkept?.get(stage);
      history = new StageHistory(
        this.#unkept === null ? readLines(this.#layout.history(stage)) : parseLines(runs ?? ''),
      );
      this.#stages.set(stage, history);
    }
    return history;
  }

  /** Makes the index from all records, where it does not exist. */
  #ensure(): void {
    if (this.#exists) return;
    this.#exists = true;
    const target = this.#layout.histories;
    if (existsSync(target)) return;
    const texts = new Map<string, string>();
    for (const shard of listFolder(this.#layout.resultRoot) ?? []) {
      for (const name of listFolder(join(this.#layout.resultRoot, shard)) ?? []) {
        const fingerprint = basename(name, '.json');
        const { result } = this.#results.read(fingerprint as Fingerprint);
        if (result === null) continue;
        const run = toPastRun(result);
        const stage = stageOf(run.node);
        texts.set(stage, `${texts.get(stage) ?? ''}${formatLine(run)}`);
      }
    }
    // Without results there is nothing to keep, nor perhaps a folder to keep it in.
    if (existsSync(this.#layout.resultRoot)) keepIfPossible(() => this.#keep(texts));
    if (!existsSync(target)) this.#unkept = texts;
  }

  #keep(texts: ReadonlyMap<string, string>): void {
    const target = this.#layout.histories;
    const aside = join(this.#layout.temporary, makeNonce());
    mkdirSync(aside, { recursive: true });
    for (const [stage, text] of texts) {
      writeFileSync(join(aside, basename(this.#layout.history(stage))), text);
    }
    mkdirSync(join(target, '..'), { recursive: true });
    try {
      movePath(aside, target);
    } catch (error) {
      // Another process was faster.
      if (!isErrorCode(error, 'ENOTEMPTY', 'EEXIST', 'EPERM')) throw error;
      removePath(aside);
    }
  }
}

/**
 * Drops the rows of results that are gone and of runs that are old. A row that another process appends
 * meanwhile may be lost, as the whole index may.
 *
 * @param oldest milliseconds since the epoch: runs from then on stay, for predicting times
 */
export function pruneHistories(layout: StateLayout, oldest: number): void {
  for (const name of listFolder(layout.histories) ?? []) {
    const path = join(layout.histories, name);
    const runs = readLines(path);
    const kept = runs.filter(
      ({ fingerprint, startedAt }) =>
        Date.parse(startedAt) >= oldest || existsSync(layout.result(fingerprint)),
    );
    if (kept.length === runs.length) continue;
    writeFileAtomic(path, kept.map(formatLine).join(''), layout.temporary);
  }
}

function listFolder(path: string): string[] | null {
  try {
    return readdirSync(path);
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return null;
    throw error;
  }
}
