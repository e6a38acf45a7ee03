/** What the modules of a download share: its limits, its surroundings and how a source fails. */

import type { StageContext } from 'rederive/contract';
import type { Dispatcher } from 'undici';

/** Limits of a download. */
export interface TransferLimits {
  /** Largest archive, in bytes, declared or received. */
  readonly archiveBytes: number;
  /** Largest total of what an archive unpacks to, in bytes. */
  readonly unpackedBytes: number;
  /** Retries of a broken transfer that makes no progress. */
  readonly retries: number;
  /** Wait before the first retry; doubled before each further one. */
  readonly backoffMs: number;
  /** Longest wait that a server may ask for; with a longer one the next source is tried. */
  readonly longestWaitMs: number;
  readonly connectTimeoutMs: number;
  /** Longest silence of a server, before its headers or between two pieces of a body. */
  readonly idleTimeoutMs: number;
}

/** The official archive has 162 MiB and unpacks to 176 MiB. */
export const TRANSFER_LIMITS: TransferLimits = {
  archiveBytes: 1024 ** 3,
  unpackedBytes: 2 * 1024 ** 3,
  retries: 3,
  backoffMs: 500,
  longestWaitMs: 5 * 60_000,
  connectTimeoutMs: 20_000,
  idleTimeoutMs: 60_000,
};

/** What one transfer works with. */
export interface Transfer {
  /** Folder of the partial file; it outlives a failed or killed attempt. */
  readonly scratch: string;
  readonly limits: TransferLimits;
  readonly dispatcher: Dispatcher;
  readonly emit: StageContext['emit'];
  readonly signal: AbortSignal;
}

/**
 * How a source failed.
 * - `unreachable`: no connection. Not tried again unless this source was reached before.
 * - `untrusted`: the same because nobody vouches for its certificate.
 * - `broken`: it stopped midway or asked to come back later. Tried again; what came is kept.
 * - `refused`: its answer cannot be used. Not tried again, and what came is deleted.
 */
export type SourceFailureKind = 'unreachable' | 'untrusted' | 'broken' | 'refused';

/** One source failed; another may do. The message follows the source's address and a colon. */
export class SourceFailure extends Error {
  override readonly name = 'SourceFailure';
  readonly kind: SourceFailureKind;
  /** How long the server asks to be left alone; 0 where it does not. */
  readonly waitMs: number;

  constructor(kind: SourceFailureKind, message: string, waitMs = 0) {
    super(message);
    this.kind = kind;
    this.waitMs = waitMs;
  }
}
