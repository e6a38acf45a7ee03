/** Objects from a remote cache into the local one: to a private file, hashed on the way, taken when they are sound. */

import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { objectMode, plainObjectMode } from '../cache/modes.ts';
import type { FinishedFile, ObjectStore } from '../cache/objects.ts';
import type { ResultOutput } from '../cache/results.ts';
import type { Digest } from '../fingerprint/canonical.ts';
import { removePath } from '../system/remove-path.ts';
import { readPulledTree } from './check-pulled.ts';
import type { RemoteLink } from './remote-link.ts';
import type { RemoteStore } from './remote-store.ts';

/** What comes in pieces is written in larger ones. */
const PIECE = 1 << 20;
/** An object of which the size is not known: a log, a list of a folder's files. */
const MOST_UNKNOWN = 64 * 1024 * 1024;
/** A server that answers anything with a page of its own has as many as there are. */
const MOST_TOLD = 3;

/** What an object must be. */
export interface WantedObject {
  readonly digest: Digest;
  /** Bytes; null where it is not known. */
  readonly size: number | null;
  /** Rights of the object, see `FinishedFile`. */
  readonly mode: number;
}

/** Fetches objects, each once at a time, whoever wants it. */
export class ObjectFetcher {
  readonly #link: RemoteLink;
  readonly #objects: ObjectStore;
  readonly #warnOfBytes: (digest: Digest) => void;
  readonly #underWay = new Map<Digest, Promise<boolean>>();
  readonly #damaged = new Set<Digest>();
  #arrived: { readonly files: FinishedFile[]; readonly taken: Promise<void> } | null = null;
  #taking: Promise<void> = Promise.resolve();

  /** @param warnOfBytes told of the first objects that had other bytes than their names say */
  constructor(link: RemoteLink, objects: ObjectStore, warnOfBytes: (digest: Digest) => void) {
    this.#link = link;
    this.#objects = objects;
    this.#warnOfBytes = warnOfBytes;
  }

  /** Objects that had other bytes on the other side than their names say. */
  get damaged(): ReadonlySet<Digest> {
    return this.#damaged;
  }

  /** Brings all objects of an output that are not here. @returns whether all are here then */
  async fetchOutput(output: ResultOutput): Promise<boolean> {
    const mode = modeFor(output);
    const { kind, digest, size } = output;
    if (kind !== 'tree') return this.fetch({ digest, size, mode });
    if (!(await this.fetch({ digest, size: null, mode }))) return false;
    const text = this.#objects.readText(digest);
    const tree = text === null ? null : readPulledTree(text);
    if (tree === null) return false;
    const files = [
      ...new Map([...tree.files.values()].map((file) => [file.digest, file])).values(),
    ];
    const here = await Promise.all(files.map((file) => this.fetch({ ...file, mode })));
    return here.every(Boolean);
  }

  /** Brings one object, where it is not here. @returns whether it is here then */
  fetch(wanted: WantedObject): Promise<boolean> {
    const { digest } = wanted;
    const underWay = this.#underWay.get(digest);
    if (underWay !== undefined) return underWay;
    if (this.#objects.has(digest)) return Promise.resolve(true);
    if (this.#damaged.has(digest)) return Promise.resolve(false);
    const fetching = this.#fetch(wanted).finally(() => this.#underWay.delete(digest));
    this.#underWay.set(digest, fetching);
    return fetching;
  }

  async #fetch({ digest, size, mode }: WantedObject): Promise<boolean> {
    this.#link.count('pull', { of: 1, ofBytes: size ?? 0 });
    const path = this.#objects.temporaryPath();
    const came = await this.#link.ask('pull', (store) => this.#receive(store, digest, size, path));
    if (came !== 'sound') {
      removePath(path);
      this.#link.count('pull', { of: -1, ofBytes: -(size ?? 0) });
      return false;
    }
    await this.#take({ path, digest, mode });
    this.#link.count('pull', { done: 1 });
    return true;
  }

  /** What arrives while others are flushed is flushed together after them: one by one each would wait for the disk. */
  #take(file: FinishedFile): Promise<void> {
    if (this.#arrived === null) {
      const files: FinishedFile[] = [];
      const taken = this.#taking.then(() => {
        this.#arrived = null;
        return this.#objects.take(files);
      });
      this.#taking = taken.catch(() => {});
      this.#arrived = { files, taken };
    }
    this.#arrived.files.push(file);
    return this.#arrived.taken;
  }

  async #receive(
    store: RemoteStore,
    digest: Digest,
    size: number | null,
    path: string,
  ): Promise<'sound' | 'damaged' | 'absent'> {
    const writer = new PieceWriter(await open(path, 'w', 0o600));
    const most = size ?? MOST_UNKNOWN;
    let came = 0;
    try {
      const isThere = await store.get('cas', digest, (piece) => {
        const more = writer.add(piece, most);
        came += piece.length;
        this.#link.count('pull', { bytes: piece.length });
        return more;
      });
      if (!isThere) return 'absent';
      if ((await writer.end()) === digest) {
        came = 0;
        return 'sound';
      }
    } catch (error) {
      if (!(error instanceof TooLong)) throw error;
    } finally {
      await writer.close();
      // It comes again, or never.
      this.#link.count('pull', { bytes: -came });
    }
    this.#damaged.add(digest);
    if (this.#damaged.size <= MOST_TOLD) this.#warnOfBytes(digest);
    return 'damaged';
  }
}

/** More came than an object has. */
class TooLong extends Error {}

/** Writes and hashes what comes, in larger pieces than it comes in, while more is on its way. */
class PieceWriter {
  readonly #file: FileHandle;
  readonly #hash = createHash('sha256');
  #gathered: Buffer[] = [];
  #size = 0;
  #total = 0;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @returns what is to be waited for before more comes, if anything @throws {TooLong} */
  add(piece: Buffer, most: number): Promise<void> | undefined {
    this.#total += piece.length;
    if (this.#total > most) throw new TooLong('more came than the object has');
    this.#hash.update(piece);
    this.#gathered.push(piece);
    this.#size += piece.length;
    return this.#size < PIECE ? undefined : this.#flush();
  }

  /** @returns the digest of all that came */
  async end(): Promise<string> {
    await this.#flush();
    await this.#writing;
    return this.#hash.digest('hex');
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => {});
    await this.#file.close();
  }

  /** Begins to write what was gathered when what was written before it has been. */
  async #flush(): Promise<void> {
    await this.#writing;
    if (this.#gathered.length === 0) return;
    const pieces = this.#gathered;
    this.#gathered = [];
    this.#size = 0;
    this.#writing = this.#write(pieces);
    // Told by whoever waits for it next.
    this.#writing.catch(() => {});
  }

  /** A system may take less at once than it is given. */
  async #write(pieces: readonly Buffer[]): Promise<void> {
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
    const { bytesWritten } = await this.#file.writev(pieces);
    if (bytesWritten === bytes) return;
    let rest = Buffer.concat(pieces).subarray(bytesWritten);
    while (rest.length > 0) rest = rest.subarray((await this.#file.write(rest)).bytesWritten);
  }
}

/** Who may read the objects of an output here: whoever could read all of it there, and may read others here. */
function modeFor({ mode, modes = {} }: ResultOutput): number {
  const all = [mode, ...Object.values(modes)].map((text) => Number.parseInt(text, 8));
  return objectMode(all.reduce((both, one) => both & one, plainObjectMode()));
}
