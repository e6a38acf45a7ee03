import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, isDigest } from '../fingerprint/canonical.ts';
import { type Fingerprint, type FingerprintRecord, hashRecord } from '../fingerprint/record.ts';
import type { JsonObject } from '../job/contract.ts';
import { isErrorCode, makeNonce, writeFileAtomic } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';

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
  /** Where the result comes from. Not part of any fingerprint. */
  readonly provenance: {
    readonly startedAt: string;
    readonly seconds: number;
    readonly host: string;
    readonly engine: string;
    readonly node: string;
    readonly run: string;
  };
}

/** Results by fingerprint. */
export class ActionStore {
  readonly #layout: StateLayout;

  constructor(layout: StateLayout) {
    this.#layout = layout;
  }

  /**
   * The record filed under a fingerprint; null where there is none. A damaged one (not JSON, or not
   * of this fingerprint) counts as none. Reading changes nothing.
   */
  read(fingerprint: Fingerprint): { action: ActionRecord | null; damaged: boolean } {
    const path = this.#layout.action(fingerprint);
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      if (isErrorCode(error, 'ENOENT')) return { action: null, damaged: false };
      throw error;
    }
    const action = parseAction(text, fingerprint);
    return { action, damaged: action === null };
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

  write(action: ActionRecord): void {
    writeFileAtomic(
      this.#layout.action(action.fingerprint),
      `${JSON.stringify(action, null, 1)}\n`,
      this.#layout.temporary,
    );
  }
}

function parseAction(text: string, fingerprint: Fingerprint): ActionRecord | null {
  try {
    const action = JSON.parse(text) as ActionRecord;
    const sound =
      action.schema === 1 &&
      action.fingerprint === fingerprint &&
      hashRecord(action.record) === fingerprint &&
      Object.keys(action.record.outputs).every((name) => Object.hasOwn(action.outputs, name)) &&
      Object.values(action.outputs).every(
        (output) => isDigest(output.digest) && ['file', 'tree'].includes(output.kind),
      );
    return sound ? action : null;
  } catch {
    return null;
  }
}
