import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { TemplateAnalysis } from '../graph/types.ts';
import type { Result } from '../spec/diagnostic.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { type Digest, hashBytes, isDigest, stringifyCanonical } from './canonical.ts';
import type { FileClock, Moment } from './file-clock.ts';
import { type FileStamp, hasStamp, readStamp, statIfReadable } from './file-stamp.ts';
import { type Lockfile, lockfileCandidates, readLockfile } from './lockfile.ts';

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
  readonly stamps: Readonly<Record<string, FileStamp | null>>;
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
  readonly #entries = new Map<string, MemoEntry>();
  readonly #current = new Map<string, Promise<Result<CodeIdentity>>>();
  #lockfile: { readonly packages: Lockfile; readonly stamps: MemoEntry['stamps'] } | undefined;
  #changed = false;
  #realPath: string | undefined;

  /** @param look told the path, from the workspace, of each file that decides a digest or would */
  constructor(
    layout: StateLayout,
    sink: CodeSink,
    clock: FileClock,
    look: (path: string) => void = () => {},
  ) {
    this.#layout = layout;
    this.#look = look;
    this.#clock = clock;
    this.#sink = sink;
    this.#path = layout.memo('code.json');
    try {
      const parsed = JSON.parse(readFileSync(this.#path, 'utf8')) as Record<string, MemoEntry>;
      for (const [entry, memo] of Object.entries(parsed)) {
        if (isDigest(memo.digest) && isDigest(memo.sources)) this.#entries.set(entry, memo);
      }
    } catch {
      this.#entries.clear();
    }
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
    const digest = this.#keepSources(analysis.files);
    return { digest, sources: digest };
  }

  /** Forgets what was computed in this process, so that files are looked at again. */
  refresh(): void {
    this.#current.clear();
    this.#lockfile = undefined;
  }

  save(): void {
    if (!this.#changed) return;
    const text = JSON.stringify(Object.fromEntries(this.#entries));
    writeFileAtomic(this.#path, text, this.#layout.temporary);
    this.#changed = false;
  }

  async #findModule(entry: string): Promise<Result<CodeIdentity>> {
    const memo = this.#entries.get(entry);
    if (memo !== undefined && this.#isCurrent(memo)) {
      for (const file of Object.keys(memo.stamps)) this.#look(file);
      return { ok: true, value: memo };
    }
    const { workspace } = this.#layout;
    const tracedAt = this.#clock.moment();
    this.#lockfile ??= findLockfile(this.#root);
    const lock = this.#lockfile;
    for (const file of Object.keys(lock.stamps)) this.#look(file);
    const { traceCode } = await import('./code-closure.ts');
    const traced = await traceCode(workspace, entry, lock.packages, this.#look);
    if (!traced.ok) return traced;
    for (const file of Object.keys(traced.value.stamps)) this.#look(file);
    const { closure, digest, sources, bundles } = traced.value;
    this.#sink.put(stringifyCanonical(closure), digest);
    const identity: CodeIdentity = { digest, sources: this.#keepSources(sources) };
    this.#sink.putBundles(bundles, digest);
    const stamps = { ...traced.value.stamps, ...lock.stamps };
    if (Object.entries(stamps).every(([file, stamp]) => this.#isQuiet(file, stamp, tracedAt))) {
      this.#entries.set(entry, { ...identity, stamps });
      this.#changed = true;
    }
    return { ok: true, value: identity };
  }

  /** What names of files are relative to, where they lead out of the workspace too. */
  get #root(): string {
    this.#realPath ??= realpathSync(this.#layout.workspace);
    return this.#realPath;
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

  #isCurrent(memo: MemoEntry): boolean {
    const same = Object.entries(memo.stamps).every(([file, stamp]) => {
      const now = statIfReadable(join(this.#root, file));
      return now === null || stamp === null ? now === stamp : hasStamp(now, stamp);
    });
    return same && readStamp(this.#layout.code(memo.digest)) !== null;
  }
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
