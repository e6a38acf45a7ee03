/** What a remote cache is to the rest: entries by kind and key, over whatever they come. */

/** `ac` holds records by fingerprint, `cas` objects by the SHA-256 of their bytes. */
export type EntryKind = 'ac' | 'cas';

/** Bytes on their way to a remote cache. */
export interface Upload {
  /** Bytes. */
  readonly size: number;
  /** The bytes, from the beginning at each call. Where it throws, nothing is stored. */
  readonly read: () => AsyncIterable<Buffer>;
}

/** Where results are shared: a server or a folder. */
export interface RemoteStore {
  /**
   * Hands on the bytes of an entry, piece by piece.
   *
   * @param take where it throws, the transfer ends with that
   * @returns whether there is such an entry
   * @throws RemoteFault where that cannot be told, or only a part has come
   */
  readonly get: (
    kind: EntryKind,
    key: string,
    take: (piece: Buffer) => Promise<void> | undefined,
  ) => Promise<boolean>;
  /** Whether there is such an entry. @throws RemoteFault where that cannot be told */
  readonly has: (kind: EntryKind, key: string) => Promise<boolean>;
  /** Stores an entry, whole or not at all. @throws RemoteFault where it is not stored */
  readonly put: (kind: EntryKind, key: string, upload: Upload) => Promise<void>;
  /** Ends what is under way. */
  readonly close: () => void;
}

/**
 * Why a remote cache did not do what it was asked for, in words without a secret:
 * `away` it does not answer, or too slowly; `refused` it says that this may not be done;
 * `broken` this one request went wrong.
 */
export class RemoteFault extends Error {
  override readonly name = 'RemoteFault';
  readonly kind: 'away' | 'refused' | 'broken';

  constructor(kind: RemoteFault['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}
