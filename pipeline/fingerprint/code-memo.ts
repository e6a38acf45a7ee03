/**
 * Code ingredients without tracing them again, while nothing that was read for them has changed.
 */

import { existsSync, realpathSync, type Stats } from 'node:fs';
import { join, relative } from 'node:path';
import type { TemplateAnalysis } from '../graph/types.ts';
import type { Result } from '../pipeline-file/diagnostic.ts';
import type { StateLayout } from '../system/layout.ts';
import { dayOf, isForgotten, isToBeRenewed } from '../system/memo-age.ts';
import { readJsonMemo, writeJsonMemo } from '../system/memo-file.ts';
import { type Digest, hashBytes, stringifyCanonical } from './canonical.ts';
import type { TracedCode } from './code-closure.ts';
import type { FileClock, Moment } from './file-clock.ts';
import { type FileStamp, hasStamp, readStamp, statIfReadable } from './file-stamp.ts';
import { HashedPackages } from './hashed-packages.ts';
import { InstalledPackages } from './installed-packages.ts';
import { type Lockfile, lockfileCandidates, readLockfile } from './lockfile.ts';
import { digestListing } from './module-lookups.ts';
import { hashFile } from './read-content.ts';

/** Name of the memo of code digests. */
export const CODE_MEMO = 'code';

type DigestFile = (path: string, stats: Stats) => Digest;

/** Where what digests stand for is kept. */
export interface CodeSink {
  readonly put: (content: string, digest: Digest) => void;
  /** Takes the bundles of a closure: that of its own, then those of modules that it starts. */
  readonly putBundles: (bundles: readonly string[], digest: Digest) => void;
}

/** Which code a stage runs. */
export interface CodeIdentity {
  /** Digest of the closure record; white space and comments do not change it. */
  readonly digest: Digest;
  /** Digest of a manifest of the texts as they are, for showing what changed. */
  readonly sources: Digest;
}

/** A closure traced earlier, valid while all that was read has its stamp. */
interface MemoEntry extends CodeIdentity {
  /** The bundles' folder from the workspace, really: another may lead to other packages. */
  readonly folder: string;
  readonly stamps: Readonly<Record<string, FileStamp | null>>;
  readonly listings: TracedCode['listings'];
  /** Folder of each package → its signature; null where it is not installed. */
  readonly packages: Readonly<Record<string, Digest | null>>;
  /** Digests of the bundles, as they were written. */
  readonly bundles: readonly Digest[];
  /** The day when it was last asked for, see {@link dayOf}. */
  readonly usedOn: number;
}

/**
 * Code digests of stages. Each is computed once a run, and from memory while no file of the closure,
 * nor the lockfile, was touched. What a digest stands for is kept: the closure record and the source
 * texts as objects, the bundle beside them.
 */
export class CodeMemo {
  readonly #layout: StateLayout;
  readonly #sink: CodeSink;
  readonly #path: string;
  readonly #clock: FileClock;
  readonly #look: (path: string) => void;
  readonly #entries: Map<string, MemoEntry>;
  readonly #contents: Map<string, Digest>;
  readonly #digestFile: DigestFile;
  readonly #current = new Map<string, Promise<Result<CodeIdentity>>>();
  readonly #templates = new WeakMap<TemplateAnalysis, CodeIdentity>();
  readonly #hashed = new HashedPackages();
  #lockfile: { readonly packages: Lockfile; readonly stamps: MemoEntry['stamps'] } | undefined;
  #installed: InstalledPackages | undefined;
  #changed = false;
  #realPath: string | undefined;

  /**
   * @param look told the path, from the workspace, of each file that decides a digest or would
   * @param digestFile hashes a file, or knows its digest
   */
  constructor(
    layout: StateLayout,
    sink: CodeSink,
    clock: FileClock,
    look: (path: string) => void = () => {},
    digestFile: DigestFile = hashFile,
  ) {
    this.#layout = layout;
    // Above the workspace npm's files are looked for up to the root of the disk. Those that are not
    // there are no reason to watch all that.
    this.#look = (path) => {
      const isNpms = /^\.\.\/.*package(-lock)?\.json$/.test(path);
      if (!isNpms || statIfReadable(join(this.#root, path)) !== null) look(path);
    };
    this.#clock = clock;
    this.#sink = sink;
    this.#path = layout.memo(CODE_MEMO);
    this.#digestFile = digestFile;
    const { entries, contents } = readRows(this.#path);
    this.#entries = new Map(entries);
    this.#contents = new Map(contents);
  }

  /** Digest of the code of a stage module; its bundle then stands at {@link StateLayout.code}. */
  digestModule(entry: string): Promise<Result<CodeIdentity>> {
    let result = this.#current.get(entry);
    if (result === undefined) {
      result = this.#findModule(entry);
      this.#current.set(entry, result);
    }
    return result;
  }

  /** Digest of a template's files, which are their own manifest. */
  digestTemplate(analysis: TemplateAnalysis): CodeIdentity {
    const known = this.#templates.get(analysis);
    if (known !== undefined) return known;
    const digest = this.#keepSources(analysis.files);
    const identity: CodeIdentity = { digest, sources: digest };
    this.#templates.set(analysis, identity);
    return identity;
  }

  /**
   * The folder of a package that a stage's code imports and that is not what it was when the code was
   * hashed; null where there is none.
   */
  findReplaced(entry: string): string | null {
    return this.#hashed.findReplaced(entry, this.#packages);
  }

  /** Forgets what was computed in this process, so that files are looked at again. */
  refresh(): void {
    this.#current.clear();
    this.#lockfile = undefined;
    this.#installed = undefined;
  }

  save(): void {
    if (!this.#changed) return;
    const today = dayOf(this.#clock.now());
    const entries = [...this.#entries].filter(([, { usedOn }]) => !isForgotten(usedOn, today));
    const used = new Set<string | null>(
      entries.flatMap(([, { packages }]) => Object.values(packages)),
    );
    const contents = [...this.#contents].filter(([name]) => used.has(signatureIn(name)));
    const rows: Rows = { entries, contents };
    writeJsonMemo(this.#path, rows, this.#layout.temporary);
    this.#changed = false;
  }

  async #findModule(entry: string): Promise<Result<CodeIdentity>> {
    const memo = this.#entries.get(entry);
    if (memo !== undefined && this.#isCurrent(memo)) {
      for (const file of [...Object.keys(memo.stamps), ...Object.keys(memo.listings)]) {
        this.#look(file);
      }
      this.#hashed.note(entry, Object.keys(memo.packages), this.#packages);
      const today = dayOf(this.#clock.now());
      if (isToBeRenewed(memo.usedOn, today)) {
        this.#entries.set(entry, { ...memo, usedOn: today });
        this.#changed = true;
      }
      return { ok: true, value: memo };
    }
    const { workspace } = this.#layout;
    const tracedAt = this.#clock.moment();
    this.#lockfile ??= findLockfile(this.#root);
    const lock = this.#lockfile;
    for (const file of Object.keys(lock.stamps)) this.#look(file);
    const { traceCode } = await import('./code-closure.ts');
    const folder = this.#bundleFolder;
    const traced = await traceCode(
      workspace,
      entry,
      lock.packages,
      folder,
      this.#look,
      this.#packages,
    );
    if (!traced.ok) return traced;
    const { closure, digest, sources, listings, folders, bundles } = traced.value;
    for (const file of [...Object.keys(traced.value.stamps), ...Object.keys(listings)]) {
      this.#look(file);
    }
    this.#sink.put(stringifyCanonical(closure), digest);
    const identity: CodeIdentity = { digest, sources: this.#keepSources(sources) };
    this.#sink.putBundles(bundles, digest);
    const stamps = { ...traced.value.stamps, ...lock.stamps };
    const found = this.#hashed.note(entry, folders, this.#packages);
    const areQuiet = found.every(
      ({ look }) => look?.youngest == null || this.#clock.isQuiet(look.youngest, tracedAt),
    );
    if (
      areQuiet &&
      Object.entries(stamps).every(([file, stamp]) => this.#isQuiet(file, stamp, tracedAt))
    ) {
      const packages = found.map(({ folder, look }) => [folder, look?.signature ?? null]);
      this.#entries.set(entry, {
        ...identity,
        folder: relative(this.#root, folder),
        stamps,
        listings,
        packages: Object.fromEntries(packages),
        bundles: bundles.map((bundle) => hashBytes(bundle)),
        usedOn: dayOf(this.#clock.now()),
      });
      for (const { content } of found) {
        if (content !== undefined) this.#contents.set(...content);
      }
      this.#changed = true;
    }
    return { ok: true, value: identity };
  }

  /** What names of files are relative to, where they lead out of the workspace too. */
  get #root(): string {
    this.#realPath ??= realpathSync(this.#layout.workspace);
    return this.#realPath;
  }

  get #packages(): InstalledPackages {
    this.#installed ??= new InstalledPackages(this.#root, this.#contents, this.#digestFile);
    return this.#installed;
  }

  /** Stores texts, and a manifest of them, as objects; returns the manifest's digest. */
  #keepSources(sources: ReadonlyMap<string, string>): Digest {
    const digests: Record<string, Digest> = {};
    for (const [file, text] of sources) {
      digests[file] = hashBytes(text);
      this.#sink.put(text, hashBytes(text));
    }
    const manifest = stringifyCanonical({ sources: digests });
    this.#sink.put(manifest, hashBytes(manifest));
    return hashBytes(manifest);
  }

  /** Whether a file is still as it was read, and its next change will show. */
  #isQuiet(file: string, stamp: FileStamp | null, readAt: Moment): boolean {
    const stats = statIfReadable(join(this.#root, file));
    if (stats === null || stamp === null) return stats === stamp;
    return hasStamp(stats, stamp) && this.#clock.isQuiet(stats, readAt);
  }

  /** Where bundles really are, or will be. */
  get #bundleFolder(): string {
    const { root, codeRoot } = this.#layout;
    for (const [folder, rest] of [
      [codeRoot, ''],
      [root, 'code'],
    ] as const) {
      if (existsSync(folder)) return join(realpathSync(folder), rest);
    }
    return join(this.#root, '.pipeline', 'code');
  }

  #isCurrent(memo: MemoEntry): boolean {
    if (memo.folder !== relative(this.#root, this.#bundleFolder)) return false;
    const same = Object.entries(memo.stamps).every(([file, stamp]) => {
      const now = statIfReadable(join(this.#root, file));
      return now === null || stamp === null ? now === stamp : hasStamp(now, stamp);
    });
    return (
      same &&
      Object.entries(memo.listings).every(
        ([folder, listing]) => digestListing(join(this.#root, folder)) === listing,
      ) &&
      Object.entries(memo.packages).every(
        ([folder, signature]) => (this.#packages.look(folder)?.signature ?? null) === signature,
      ) &&
      memo.bundles.every((bundle, i) => this.#holds(memo.digest, i, bundle))
    );
  }

  /** Whether a bundle is as it was written: it is named after its sources, not after itself. */
  #holds(digest: Digest, index: number, bundle: Digest): boolean {
    const path = this.#layout.code(digest, index === 0 ? undefined : index - 1);
    const stats = statIfReadable(path);
    return stats?.isFile() === true && this.#digestFile(path, stats) === bundle;
  }
}

interface Rows {
  readonly entries: readonly (readonly [string, MemoEntry])[];
  readonly contents: readonly (readonly [string, Digest])[];
}

/** Nothing where the memo is absent, damaged or another program's. */
function readRows(path: string): Rows {
  return (readJsonMemo(path) ?? { entries: [], contents: [] }) as Rows;
}

/** The signature of a package in the name of its content. */
function signatureIn(name: string): string {
  return name.slice(name.indexOf(' ') + 1);
}

/** The lockfile that holds for a workspace, and stamps by which another would be noticed. */
function findLockfile(workspace: string): { packages: Lockfile; stamps: MemoEntry['stamps'] } {
  const stamps: Record<string, FileStamp | null> = {};
  for (const candidate of lockfileCandidates(workspace)) {
    const stamp = readStamp(join(workspace, candidate));
    stamps[candidate] = stamp;
    if (stamp !== null) return { packages: readLockfile(workspace, candidate), stamps };
  }
  return { packages: {}, stamps };
}
