/** Results by fingerprint: read, found, published last, quarantined. */

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
import type { JsonObject } from '../contract/values.ts';
import { type Digest, isDigest } from '../fingerprint/canonical.ts';
import { FileClock, isCoarse } from '../fingerprint/file-clock.ts';
import { type FileStamp, hasStamp, stampOf } from '../fingerprint/file-stamp.ts';
import {
  type Fingerprint,
  type FingerprintRecord,
  hashRecord,
  RECORD_VERSION,
} from '../fingerprint/record.ts';
import { isErrorCode } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { makeNonce } from '../system/nonce.ts';
import { removePath } from '../system/remove-path.ts';
import { renameInto, syncFolders, writeAside } from './durable.ts';
import { areModes, type OutputModes } from './modes.ts';
import type { FinishedFile, ObjectStore } from './objects.ts';

/** One output of a finished node. A tree's digest is that of its manifest, an object itself. */
export interface ResultOutput extends OutputModes {
  readonly kind: 'file' | 'executable' | 'tree';
  readonly digest: Digest;
  /** Bytes; of a tree, those of its files together. */
  readonly size: number;
  readonly volatile: boolean;
  /** Top-level keys of a YAML file that are not in the object and not compared. */
  readonly mutable?: readonly string[];
  /** Its values are in the summary; absent where it was not declared to have metrics. */
  readonly metrics?: true;
}

/** What is kept of a finished node, under its fingerprint. Written last: without it, no hit. */
export interface ResultRecord {
  readonly schema: typeof RECORD_VERSION;
  readonly fingerprint: Fingerprint;
  readonly record: FingerprintRecord;
  readonly outputs: Readonly<Record<string, ResultOutput>>;
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
    /**
     * False where it went on from an earlier attempt or a shorter result, so that all its work took longer; absent
     * where nothing tells, as in what an earlier version made.
     */
    readonly isWhole?: boolean;
    /** How many CPUs it had on average; absent where an earlier version made it. */
    readonly cpus?: number;
    /** CPU seconds that it used, and the most bytes of memory; absent where nothing told. */
    readonly usage?: { readonly cpuSeconds: number; readonly memory: number | null };
    readonly host: string;
    readonly engine: string;
    readonly node: string;
    readonly run: string;
    /** Who ran it; absent where the system does not tell, and where an earlier version made it. */
    readonly user?: string;
    /** Its operating system and processor, `linux-x64`; absent where an earlier version made it. */
    readonly platform?: string;
    /** The job of Slurm that made it, and what was set up for it; absent where none did. */
    readonly slurm?: JsonObject;
  };
  /** Of a result that came from a remote cache. Its objects may be there alone. */
  readonly pulled?: {
    /** Address of that, without a secret. */
    readonly from: string;
    readonly at: string;
  };
  /** Declared by a person, not made: the result of another fingerprint stands for this one. */
  readonly accepted?: {
    readonly from: Fingerprint;
    readonly reason: string;
    readonly at: string;
  };
}

/** A result without the record that it is filed under. */
export type FiledResult = Omit<ResultRecord, 'record' | 'schema'>;

/** What stands where the record of a fingerprint belongs. */
export interface FoundResult {
  /** Null where there is none that could be used. */
  readonly result: ResultRecord | null;
  /** The file holds no JSON, or not that of this fingerprint. */
  readonly damaged: boolean;
  /** The record is sound, but of an earlier version of this program. */
  readonly outdated: boolean;
}

const NOTHING: FoundResult = { result: null, damaged: false, outdated: false };

/** Results by fingerprint. */
export class ResultStore {
  readonly #layout: StateLayout;
  readonly #clock: FileClock;
  /** Of the records that were found or published in this process. */
  readonly #stamps = new Map<Fingerprint, FileStamp>();

  constructor(layout: StateLayout) {
    this.#layout = layout;
    this.#clock = new FileClock(Date.now, layout.temporary);
  }

  /** The record filed under a fingerprint. Reading changes nothing. */
  read(fingerprint: Fingerprint): FoundResult {
    return this.#readFile(fingerprint)?.found ?? NOTHING;
  }

  /** The record filed under a fingerprint, whose stamp is known from then on; see {@link stampOf}. */
  find(fingerprint: Fingerprint): FoundResult {
    const seen = statSync(this.#layout.result(fingerprint), { throwIfNoEntry: false });
    if (seen === undefined) return NOTHING;
    const isQuiet = this.#clock.isQuiet(seen);
    const read = this.#readFile(fingerprint);
    if (read === null) return NOTHING;
    const stamp = stampOf(seen);
    const isKnown = isQuiet && read.found.result !== null && hasStamp(read.stats, stamp);
    if (isKnown) this.#stamps.set(fingerprint, stamp);
    else this.#stamps.delete(fingerprint);
    return read.found;
  }

  /**
   * The stamp of a sound record's file, where this process found or published it and a later change
   * would leave another stamp.
   */
  stampOf(fingerprint: Fingerprint): FileStamp | undefined {
    return this.#stamps.get(fingerprint);
  }

  /** Null where there is no file. */
  #readFile(
    fingerprint: Fingerprint,
  ): { readonly found: FoundResult; readonly stats: Stats } | null {
    let fd: number;
    try {
      fd = openSync(this.#layout.result(fingerprint), 'r');
    } catch (error) {
      if (isErrorCode(error, 'ENOENT')) return null;
      throw error;
    }
    try {
      const stats = fstatSync(fd);
      return { found: parseRecord(readFileSync(fd, 'utf8'), fingerprint), stats };
    } finally {
      closeSync(fd);
    }
  }

  /** Puts a damaged record aside, for a person to look at. */
  quarantine(fingerprint: Fingerprint): void {
    mkdirSync(this.#layout.quarantine, { recursive: true });
    const aside = join(this.#layout.quarantine, `${fingerprint}.${makeNonce()}.json`);
    try {
      renameSync(this.#layout.result(fingerprint), aside);
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
    result: ResultRecord,
    files: readonly FinishedFile[],
    objects: ObjectStore,
    mayPublish: () => boolean,
  ): Promise<boolean> {
    const path = this.#layout.result(result.fingerprint);
    const aside = writeAside(formatRecord(result), this.#layout.temporary);
    await objects.take(files, aside);
    if (!mayPublish()) {
      removePath(aside);
      return false;
    }
    await syncFolders(new Set(renameInto(aside, path)));
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats !== undefined && !isCoarse(stats)) {
      this.#stamps.set(result.fingerprint, stampOf(stats));
    }
    return true;
  }

  /** Files a record whose objects are all in the store, durably. */
  write(result: ResultRecord): void {
    const text = formatRecord(result);
    writeFileAtomic(this.#layout.result(result.fingerprint), text, this.#layout.temporary);
  }
}

/** The text of a record. */
export function formatRecord(result: ResultRecord): string {
  return `${JSON.stringify(result, null, 1)}\n`;
}

/** Reads what {@link formatRecord} wrote, as far as it is the record of a fingerprint. */
export function parseRecord(text: string, fingerprint: Fingerprint): FoundResult {
  const damaged: FoundResult = { result: null, damaged: true, outdated: false };
  try {
    const result = JSON.parse(text) as ResultRecord;
    if (result.fingerprint !== fingerprint || hashRecord(result.record) !== fingerprint) {
      return damaged;
    }
    const version: number = result.schema;
    if (version >= 1 && version < RECORD_VERSION) {
      return { result: null, damaged: false, outdated: true };
    }
    const sound =
      version === RECORD_VERSION &&
      Array.isArray(result.undeclared ?? []) &&
      Object.keys(result.record.outputs).every((name) => Object.hasOwn(result.outputs, name)) &&
      Object.values(result.outputs).every(
        (output) =>
          isDigest(output.digest) &&
          ['file', 'executable', 'tree'].includes(output.kind) &&
          areModes(output),
      );
    return sound ? { ...NOTHING, result } : damaged;
  } catch {
    return damaged;
  }
}
