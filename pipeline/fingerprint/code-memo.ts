/**
 * Code ingredients without tracing them again, while nothing that was read for them has changed.
 */

import { existsSync, realpathSync, type Stats } from 'node:fs';
import { join, relative } from 'node:path';
import type { TemplateAnalysis } from '../graph/types.ts';
import type { Result } from '../pipeline-file/diagnostic.ts';
import type { StateLayout } from '../system/layout.ts';
import { dayOf } from '../system/memo-age.ts';
import { type Digest, hashBytes, stringifyCanonical } from './canonical.ts';
import { CODE_MEMO, type CodeIdentity, CodeRows, type TracedRow } from './code-rows.ts';
import type { FileClock, Moment } from './file-clock.ts';
import { type FileStamp, fitsStamp, statIfReadable } from './file-stamp.ts';
import { HashedPackages } from './hashed-packages.ts';
import { InstalledPackages } from './installed-packages.ts';
import { keepSources, type TextSink } from './keep-sources.ts';
import { type FoundLockfile, findLockfile } from './lockfile.ts';
import { digestListing } from './module-lookups.ts';
import { hashFile } from './read-content.ts';

type DigestFile = (path: string, stats: Stats) => Digest;

/** Where code is kept. */
export interface CodeSink extends TextSink {
  /** Takes the bundles of a closure: that of its own, then those of modules that it starts. */
  readonly putBundles: (bundles: readonly string[], digest: Digest) => void;
}

/**
 * Code digests of stages. Each is computed once a run, and from memory while no file of the closure,
 * nor the lockfile, was touched. What a digest stands for is kept: the closure record and the source
 * texts as objects, the bundle beside them.
 */
export class CodeMemo {
  readonly #layout: StateLayout;
  readonly #sink: CodeSink;
  readonly #clock: FileClock;
  readonly #look: (path: string) => void;
  readonly #rows: CodeRows;
  readonly #digestFile: DigestFile;
  readonly #current = new Map<string, Promise<Result<CodeIdentity>>>();
  readonly #templates = new WeakMap<TemplateAnalysis, CodeIdentity>();
  readonly #hashed = new HashedPackages();
  #lockfile: FoundLockfile | undefined;
  #installed: InstalledPackages | undefined;
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
    this.#digestFile = digestFile;
    this.#rows = new CodeRows(layout.memo(CODE_MEMO));
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
    const digest = keepSources(this.#sink, analysis.files);
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

  /** Writes back what is remembered, if anything changed. */
  save(): void {
    this.#rows.save(dayOf(this.#clock.now()), this.#layout.temporary);
  }

  async #findModule(entry: string): Promise<Result<CodeIdentity>> {
    const memo = this.#rows.find(entry);
    if (memo !== undefined && this.#isCurrent(memo)) {
      for (const file of [...Object.keys(memo.stamps), ...Object.keys(memo.listings)]) {
        this.#look(file);
      }
      this.#hashed.note(entry, Object.keys(memo.packages), this.#packages);
      this.#rows.renew(entry, memo, dayOf(this.#clock.now()));
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
    const identity: CodeIdentity = { digest, sources: keepSources(this.#sink, sources) };
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
      const row: TracedRow = {
        ...identity,
        folder: relative(this.#root, folder),
        stamps,
        listings,
        packages: Object.fromEntries(packages),
        bundles: bundles.map((bundle) => hashBytes(bundle)),
        usedOn: dayOf(this.#clock.now()),
      };
      const known = found.flatMap(({ content }) => (content === undefined ? [] : [content]));
      this.#rows.keep(entry, row, known);
    }
    return { ok: true, value: identity };
  }

  /** What names of files are relative to, where they lead out of the workspace too. */
  get #root(): string {
    this.#realPath ??= realpathSync(this.#layout.workspace);
    return this.#realPath;
  }

  get #packages(): InstalledPackages {
    this.#installed ??= new InstalledPackages(this.#root, this.#rows.contents, this.#digestFile);
    return this.#installed;
  }

  /** Whether a file is still as it was read, and its next change will show. */
  #isQuiet(file: string, stamp: FileStamp | null, readAt: Moment): boolean {
    const stats = statIfReadable(join(this.#root, file));
    return fitsStamp(stats, stamp) && (stats === null || this.#clock.isQuiet(stats, readAt));
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

  #isCurrent(memo: TracedRow): boolean {
    if (memo.folder !== relative(this.#root, this.#bundleFolder)) return false;
    const same = Object.entries(memo.stamps).every(([file, stamp]) =>
      fitsStamp(statIfReadable(join(this.#root, file)), stamp),
    );
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
