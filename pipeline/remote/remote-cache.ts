/**
 * Results that others have made, in front of the local cache: asked for where that has none, filed in it,
 * and from then on local ones. Objects come when somebody reads them.
 */

import { hostname } from 'node:os';
import type { RunHistory } from '../cache/history.ts';
import { LineageIndex } from '../cache/lineages.ts';
import { plainObjectMode } from '../cache/modes.ts';
import type { ObjectStore } from '../cache/objects.ts';
import { hashDeclared, type ReadSets } from '../cache/read-sets.ts';
import type { ResultOutput, ResultRecord, ResultStore } from '../cache/results.ts';
import { type Digest, hashBytes, isDigest } from '../fingerprint/canonical.ts';
import { type Fingerprint, type FingerprintRecord, hashLineage } from '../fingerprint/record.ts';
import type { StateLayout } from '../system/layout.ts';
import { decodeEntry } from './action-result.ts';
import { readPulledRecord } from './check-pulled.ts';
import { ObjectFetcher } from './fetch-objects.ts';
import { listTelling } from './list-shared.ts';
import type { RemoteLink } from './remote-link.ts';
import { ResultSender, type Sent } from './send-objects.ts';

/** What of the local cache a remote one fills and is filled from. */
export interface LocalCache {
  readonly layout: StateLayout;
  readonly objects: ObjectStore;
  readonly results: ResultStore;
  readonly reads: ReadSets;
  readonly history: RunHistory;
}

/** What it may be used for. */
export interface RemoteUse {
  readonly pull: boolean;
  readonly push: boolean;
}

/** The largest entry of `/ac/` that is read. */
const MOST_ENTRY = 64 * 1024 * 1024;
/** How many sets of what a stage was seen to read are shared. */
const MOST_READS = 12;

/** A remote cache and the local one before it. Nothing that fails on the other side throws. */
export class RemoteCache {
  readonly use: RemoteUse;
  readonly #link: RemoteLink;
  readonly #local: LocalCache;
  readonly #fetcher: ObjectFetcher;
  readonly #sender: ResultSender;
  readonly #lineages: LineageIndex;
  readonly #warn: (text: string) => void;

  /** @param warn told of what came and cannot be used */
  constructor(link: RemoteLink, local: LocalCache, use: RemoteUse, warn: (text: string) => void) {
    this.#link = link;
    this.#local = local;
    this.use = use;
    this.#warn = warn;
    this.#lineages = new LineageIndex(local.layout, local.results);
    this.#fetcher = new ObjectFetcher(link, local.objects, (digest) =>
      warn(
        `the remote cache ${link.name} has other bytes as ${digest} than it says; they are not used`,
      ),
    );
    this.#sender = new ResultSender(link, local.layout, this.#fetcher.damaged);
  }

  /** Asks for a result and files its record, if there is one, in the local cache. @returns whether there was */
  async find(fingerprint: Fingerprint, extended: string | null): Promise<boolean> {
    const text = await this.#readEntry(fingerprint);
    if (text === null) return false;
    const record = readPulledRecord(text, fingerprint);
    if (record === null) {
      this.#warn(`the remote cache ${this.#link.name} has no sound record as ${fingerprint}`);
      return false;
    }
    const { results, objects, history } = this.#local;
    const pulled = { from: this.#link.name, at: new Date().toISOString() };
    const result: ResultRecord = { ...record, pulled };
    await results.publish(result, [], objects, () => true);
    history.add(result);
    if (extended !== null) this.#lineages.add(hashLineage(result.record, extended), fingerprint);
    return true;
  }

  /** Asks for what others have seen a stage with `inputs: auto` read. */
  async findReads(record: FingerprintRecord): Promise<void> {
    const declared = hashDeclared(record);
    for (const keys of (await this.#readReads(declared)).toReversed()) {
      this.#local.reads.add(declared, keys);
    }
  }

  /** Brings the objects of outputs into the local cache. @returns whether all are there then */
  async fetchOutputs(outputs: readonly ResultOutput[]): Promise<boolean> {
    const here = await Promise.all(outputs.map((output) => this.#fetcher.fetchOutput(output)));
    return here.every(Boolean);
  }

  /** Brings what tells about a result: its log, its code. What cannot be had is done without. */
  async fetchTelling(result: ResultRecord): Promise<void> {
    const mode = plainObjectMode();
    const fetch = (digest: Digest) => this.#fetcher.fetch({ digest, size: null, mode });
    await Promise.all(listTelling(result).map(fetch));
    if (result.sources !== null) {
      const texts = listSources(this.#local.objects.readText(result.sources));
      await Promise.all(texts.map(fetch));
    }
  }

  /** Sends a result with all that belongs to it. */
  async send(result: ResultRecord): Promise<Sent> {
    const end = await this.#sender.send(result);
    if (end === 'sent' && result.record.found !== undefined) await this.#sendReads(result.record);
    return end;
  }

  /** Ends all that is under way. */
  close(): void {
    this.#link.close();
  }

  async #sendReads(record: FingerprintRecord): Promise<void> {
    const declared = hashDeclared(record);
    const own = this.#local.reads.list(declared);
    const sets = new Map([...own, ...(await this.#readReads(declared))].map(toRow));
    const text = JSON.stringify([...sets.values()].slice(0, MOST_READS));
    await this.#sender.sendEntry(keyOfReads(declared), text, [], hostname());
  }

  async #readReads(declared: Digest): Promise<readonly (readonly string[])[]> {
    const text = await this.#readEntry(keyOfReads(declared));
    if (text === null) return [];
    try {
      const sets: unknown = JSON.parse(text);
      return Array.isArray(sets) ? sets.filter(isReadSet).slice(0, MOST_READS) : [];
    } catch {
      return [];
    }
  }

  async #readEntry(key: Digest): Promise<string | null> {
    const bytes = await this.#link.ask('pull', async (store) => {
      const pieces: Buffer[] = [];
      let size = 0;
      const isThere = await store.get('ac', key, (piece) => {
        size += piece.length;
        if (size <= MOST_ENTRY) pieces.push(piece);
        return undefined;
      });
      return isThere && size <= MOST_ENTRY ? Buffer.concat(pieces) : null;
    });
    return bytes === null ? null : decodeEntry(bytes);
  }
}

/** Sets of paths are found by what is declared, not by content: an entry under a key of its own. */
function keyOfReads(declared: Digest): Digest {
  return hashBytes(`reads ${declared}`);
}

function toRow(keys: readonly string[]): [string, readonly string[]] {
  const sorted = [...keys].sort();
  return [JSON.stringify(sorted), sorted];
}

/** Paths from the workspace: what is looked at because another says so stays in it. */
function isReadSet(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.every(
      (key) => typeof key === 'string' && !key.startsWith('/') && !key.split('/').includes('..'),
    )
  );
}

function listSources(text: string | null): Digest[] {
  try {
    const { sources = {} } = JSON.parse(text ?? '{}') as { sources?: Record<string, unknown> };
    return Object.values(sources).filter(isDigest);
  } catch {
    return [];
  }
}
