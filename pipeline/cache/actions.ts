import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  type Stats,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Access } from '../audit/access.ts';
import { type Digest, isDigest } from '../fingerprint/canonical.ts';
import { type FileStamp, TIMESTAMP_GRANULARITY_MS } from '../fingerprint/file-memo.ts';
import { type Fingerprint, type FingerprintRecord, hashRecord } from '../fingerprint/record.ts';
import type { JsonObject } from '../job/contract.ts';
import { isErrorCode, makeNonce, removePath, writeFileAtomic } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { ActionMemo } from './action-memo.ts';
import { renameInto, syncFolders, writeAside } from './durable.ts';
import type { FinishedFile, ObjectStore } from './objects.ts';

/** One output of a finished node. A tree's digest is that of its manifest, an object itself. */
export interface ActionOutput {
  readonly kind: 'file' | 'tree';
  readonly digest: Digest;
  /** Bytes; of a tree, those of its files together. */
  readonly size: number;
  readonly volatile: boolean;
  /** Top-level keys of a YAML file that are not in the object and not compared. */
  readonly mutable?: readonly string[];
}

/** What is kept of a finished node, under its fingerprint. Written last: without it, no hit. */
export interface ActionRecord {
  readonly schema: 1;
  readonly fingerprint: Fingerprint;
  readonly record: FingerprintRecord;
  readonly outputs: Readonly<Record<string, ActionOutput>>;
  /** Final numbers that the stage reported. */
  readonly summary: JsonObject;
  /** Manifest of the code as it stood, an object; null for a command. */
  readonly sources: Digest | null;
  /** What the stage printed, an object; null where it has no process. */
  readonly log: Digest | null;
  /** What its stage did in the workspace without declaring it; absent where nobody looked. */
  readonly undeclared?: readonly Access[];
  /** Where the result comes from. Not part of any fingerprint. */
  readonly provenance: {
    readonly startedAt: string;
    readonly seconds: number;
    readonly host: string;
    readonly engine: string;
    readonly node: string;
    readonly run: string;
  };
  /** Declared by a person, not made: the result of another fingerprint stands for this one. */
  readonly accepted?: {
    readonly from: Fingerprint;
    readonly reason: string;
    readonly at: string;
  };
}

/** Results by fingerprint. */
export class ActionStore {
  readonly #layout: StateLayout;
  #memo: ActionMemo | undefined;

  constructor(layout: StateLayout) {
    this.#layout = layout;
  }

  /**
   * The record filed under a fingerprint; null where there is none. A damaged one (not JSON, or not
   * of this fingerprint) counts as none. Reading changes nothing.
   */
  read(fingerprint: Fingerprint): { action: ActionRecord | null; damaged: boolean } {
    const found = this.#readFile(fingerprint);
    return { action: found?.action ?? null, damaged: found?.action === null };
  }

  /**
   * {@link read}, from memory where the file is known to hold a sound record.
   *
   * @param record what has the fingerprint
   */
  find(
    fingerprint: Fingerprint,
    record: FingerprintRecord,
  ): { action: ActionRecord | null; damaged: boolean } {
    const seen = statSync(this.#layout.action(fingerprint), { throwIfNoEntry: false });
    if (seen === undefined) return { action: null, damaged: false };
    const kept = this.#openMemo().find(fingerprint, seen);
    if (kept !== undefined) {
      return { action: { schema: 1, fingerprint, record, ...kept }, damaged: false };
    }
    const readAt = Date.now();
    const found = this.#readFile(fingerprint);
    // A file as young as its reading could change again and keep its stamp.
    if (found?.action && found.stats.ctimeMs < readAt - TIMESTAMP_GRANULARITY_MS) {
      this.#openMemo().keep(found.action, found.stats);
    }
    return { action: found?.action ?? null, damaged: found?.action === null };
  }

  /**
   * The stamp of a sound record's file, where this process found or published it and a later change
   * would leave another stamp.
   */
  stampOf(fingerprint: Fingerprint): FileStamp | undefined {
    return this.#memo?.stampOf(fingerprint);
  }

  /** Writes back what was learnt about records. Losing it costs time only. */
  saveMemo(): void {
    this.#memo?.save(this.#layout.temporary);
  }

  #openMemo(): ActionMemo {
    this.#memo ??= new ActionMemo(this.#layout.memo('actions.log'));
    return this.#memo;
  }

  /** Null where there is no file; an action of null where it is damaged. */
  #readFile(
    fingerprint: Fingerprint,
  ): { readonly action: ActionRecord | null; readonly stats: Stats } | null {
    let fd: number;
    try {
      fd = openSync(this.#layout.action(fingerprint), 'r');
    } catch (error) {
      if (isErrorCode(error, 'ENOENT')) return null;
      throw error;
    }
    try {
      const stats = fstatSync(fd);
      return { action: parseAction(readFileSync(fd, 'utf8'), fingerprint), stats };
    } finally {
      closeSync(fd);
    }
  }

  /** Puts a damaged record aside, for a person to look at. */
  quarantine(fingerprint: Fingerprint): void {
    mkdirSync(this.#layout.quarantine, { recursive: true });
    const aside = join(this.#layout.quarantine, `${fingerprint}.${makeNonce()}.json`);
    try {
      renameSync(this.#layout.action(fingerprint), aside);
    } catch (error) {
      // Another process was faster.
      if (!isErrorCode(error, 'ENOENT')) throw error;
    }
  }

  /**
   * Publishes a result: its files become objects, then its record appears. The record is made durable
   * together with the objects, but gets its name only when they are; without a name it is no hit.
   *
   * @param mayPublish asked when all but the name is done, which may have taken its time
   * @returns whether it was published
   */
  async publish(
    action: ActionRecord,
    files: readonly FinishedFile[],
    objects: ObjectStore,
    mayPublish: () => boolean,
  ): Promise<boolean> {
    const path = this.#layout.action(action.fingerprint);
    const aside = writeAside(formatAction(action), this.#layout.temporary);
    await objects.take(files, aside);
    if (!mayPublish()) {
      removePath(aside);
      return false;
    }
    await syncFolders(new Set(renameInto(aside, path)));
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats !== undefined) this.#openMemo().keep(action, stats);
    return true;
  }

  /** Files a record whose objects are all in the store, durably. */
  write(action: ActionRecord): void {
    const text = formatAction(action);
    writeFileAtomic(this.#layout.action(action.fingerprint), text, this.#layout.temporary);
  }
}

function formatAction(action: ActionRecord): string {
  return `${JSON.stringify(action, null, 1)}\n`;
}

function parseAction(text: string, fingerprint: Fingerprint): ActionRecord | null {
  try {
    const action = JSON.parse(text) as ActionRecord;
    const sound =
      action.schema === 1 &&
      action.fingerprint === fingerprint &&
      hashRecord(action.record) === fingerprint &&
      Array.isArray(action.undeclared ?? []) &&
      Object.keys(action.record.outputs).every((name) => Object.hasOwn(action.outputs, name)) &&
      Object.values(action.outputs).every(
        (output) => isDigest(output.digest) && ['file', 'tree'].includes(output.kind),
      );
    return sound ? action : null;
  } catch {
    return null;
  }
}
