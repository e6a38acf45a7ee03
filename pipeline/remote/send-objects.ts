/** Results from the local cache into a remote one: their objects first, each hashed on the way, the record last. */

import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { formatRecord, type ResultRecord } from '../cache/results.ts';
import type { Digest } from '../fingerprint/canonical.ts';
import type { StateLayout } from '../system/layout.ts';
import { encodeEntry, type ListedObject } from './action-result.ts';
import { listSharedObjects } from './list-shared.ts';
import type { RemoteLink } from './remote-link.ts';
import type { EntryKind, RemoteStore } from './remote-store.ts';

const PIECE = 1 << 20;
/** A smaller object is sent without the question whether it is there. */
const SMALL = 4096;

/** What became of a result that was to be sent: `incomplete` one whose objects are not all here and sound. */
export type Sent = 'sent' | 'incomplete' | 'failed';

/** Sends results, each object once. */
export class ResultSender {
  readonly #link: RemoteLink;
  readonly #layout: StateLayout;
  readonly #damaged: ReadonlySet<Digest>;
  readonly #underWay = new Map<Digest, Promise<Sent>>();

  /** @param damaged objects that are known to be damaged on the other side, which replaces them */
  constructor(link: RemoteLink, layout: StateLayout, damaged: ReadonlySet<Digest>) {
    this.#link = link;
    this.#layout = layout;
    this.#damaged = damaged;
  }

  /**
   * Sends a result with all that belongs to it; the record only when everything else has arrived.
   *
   * @throws a system error of this disk's; what fails on the other side is returned
   */
  async send(result: ResultRecord): Promise<Sent> {
    const { pulled: _, ...own } = result;
    const objects = listSharedObjects(result, this.#layout);
    if (objects === null) return 'incomplete';
    const ends = await Promise.all(objects.map((object) => this.#sendObject(object)));
    const bad = ends.find((end) => end !== 'sent');
    if (bad !== undefined) return bad;
    return this.sendEntry(result.fingerprint, formatRecord(own), objects, result.provenance.host);
  }

  /** Stores a text under `/ac/`. @param objects what it refers to */
  async sendEntry(
    key: Digest,
    text: string,
    objects: readonly ListedObject[],
    worker: string,
  ): Promise<Sent> {
    const bytes = encodeEntry({ objects, worker: worker === '' ? 'unknown' : worker, text });
    const isSent = await this.#link.ask('push', async (store) => {
      await store.put('ac', key, { size: bytes.length, read: () => once(bytes) });
      return true;
    });
    return isSent === null ? 'failed' : 'sent';
  }

  #sendObject(object: ListedObject): Promise<Sent> {
    const { digest, size } = object;
    const underWay = this.#underWay.get(digest);
    if (underWay !== undefined) return underWay;
    this.#link.count('push', { of: 1, ofBytes: size });
    // Each once a run: what was sent is there, as far as this run is concerned.
    const sending = this.#put(object).then((end) => {
      if (end === 'sent') this.#link.count('push', { done: 1 });
      return end;
    });
    this.#underWay.set(digest, sending);
    return sending;
  }

  async #put({ digest, size }: ListedObject): Promise<Sent> {
    const put = async (store: RemoteStore, kind: EntryKind): Promise<Sent> => {
      const isAsked = size > SMALL && !this.#damaged.has(digest);
      if (isAsked && (await store.has(kind, digest))) {
        this.#link.count('push', { bytes: size });
        return 'sent';
      }
      let went = 0;
      const tell = (bytes: number) => {
        went += bytes;
        this.#link.count('push', { bytes });
      };
      try {
        const path = this.#layout.object(digest);
        await store.put(kind, digest, { size, read: () => readSound(path, digest, tell) });
        return 'sent';
      } catch (error) {
        this.#link.count('push', { bytes: -went });
        if (error instanceof Unsound) return 'incomplete';
        throw error;
      }
    };
    return (await this.#link.ask('push', (store) => put(store, 'cas'))) ?? 'failed';
  }
}

/** An object that is not as its name says, or gone. */
class Unsound extends Error {}

/**
 * The bytes of an object. The last of them come only when all are known to be sound, so that a damaged
 * one never arrives whole.
 */
async function* readSound(
  path: string,
  digest: Digest,
  tell: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const file = await open(path, 'r').catch(() => {
    throw new Unsound('the object is gone');
  });
  try {
    const hash = createHash('sha256');
    let held: Buffer | null = null;
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(PIECE), 0, PIECE, null);
      if (bytesRead === 0) break;
      if (held !== null) {
        yield held;
        tell(held.length);
      }
      held = buffer.subarray(0, bytesRead);
      hash.update(held);
    }
    if (hash.digest('hex') !== digest) throw new Unsound('the object is damaged');
    if (held === null) return;
    yield held;
    tell(held.length);
  } finally {
    await file.close();
  }
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
