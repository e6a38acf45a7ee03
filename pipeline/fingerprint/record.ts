/** What comes out: the readable record of all that decides a result, and its digest. */

import type { JsonObject } from '../contract/values.ts';
import { type Digest, hashBytes, stringifyCanonical } from './canonical.ts';
import type { VariableDigest } from './variable-digests.ts';

/** Digest of a {@link FingerprintRecord}: what a result is filed under. */
export type Fingerprint = Digest & { readonly fingerprint: true };

/**
 * Content of a file (`file:<sha256>`), of one that its owner may execute (`executable:<sha256>`) or of a
 * folder (`tree:<sha256 of its manifest>`).
 */
export type ContentId = `${'file' | 'executable' | 'tree'}:${string}`;

/**
 * Version of the shapes of {@link FingerprintRecord} and of the result record that holds it. A change of
 * meaning makes all results new: those of an earlier version are told from damaged ones, and not used.
 */
export const RECORD_VERSION = 2;

/** One source of an input: which node made it, and its content. */
export interface InputRecord {
  /** Name of the node upstream; null for a file of the workspace. */
  readonly node: string | null;
  readonly cell: JsonObject;
  readonly content: ContentId;
  /** Of the result that made it, where the input asks for its provenance: then it counts. */
  readonly fingerprint?: Fingerprint;
}

/**
 * Everything that a node's result depends on, readable and complete. It holds the digests of
 * upstream outputs, not of upstream fingerprints, so that a rerun with equal bytes stops there; only a
 * stage that is told the fingerprints of an input depends on them too.
 * Wall-clock, host, what else there is of the machine, absolute paths, worker and thread counts are not in it.
 */
export interface FingerprintRecord {
  readonly schema: typeof RECORD_VERSION;
  readonly node: string;
  readonly cell: JsonObject;
  readonly run: { readonly kind: 'module' | 'command' | 'template'; readonly text: string };
  /** Digest of the code closure record; null for a command that runs no code of the workspace. */
  readonly code: Digest | null;
  /** By dotted name; those of an input `as: params` under the input's name. */
  readonly params: JsonObject;
  /** What stands for the values of the declared environment variables; null where unset. */
  readonly env: Readonly<Record<string, VariableDigest | null>>;
  /** What of the machine decides it, by name, in words; absent where nothing is asked. */
  readonly machine?: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, readonly InputRecord[]>>;
  /**
   * Input name → paths from the workspace, which a stage can see and take apart (`runs/seed=3/a.csv`). Of
   * the workspace's own place it sees only what it must not depend on; and of an input that lies outside,
   * at an absolute path, only its name is here: it lies elsewhere on other machines.
   */
  readonly paths: Readonly<Record<string, readonly string[]>>;
  /** Output name → file name, which a stage can see. */
  readonly outputs: Readonly<Record<string, string>>;
  /** What a stage with `inputs: auto` was seen to read; absent for any other. */
  readonly found?: FoundStates;
}

/**
 * What stands at what a stage was seen to read, by path from the workspace: a file's content, `folder`, `none` where
 * it looked in vain. Of a folder that it listed, `data/`, the names (`names:<sha256>`).
 */
export type FoundStates = Readonly<Record<string, string>>;

/**
 * The lineage of a record: its fingerprint without one parameter, the one that a stage `extends`.
 * Results of one lineage differ in how far they went, and in nothing else.
 *
 * @param parameter its dotted name, which enters the lineage so that two are never mixed
 */
export function hashLineage(record: FingerprintRecord, parameter: string): Digest {
  const { [parameter]: _, ...params } = record.params;
  return hashBytes(stringifyCanonical({ ...record, params, extends: parameter }));
}

/** The fingerprint of a record. */
export function hashRecord(record: FingerprintRecord): Fingerprint {
  return hashBytes(stringifyCanonical(record)) as Fingerprint;
}
