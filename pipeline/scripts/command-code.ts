/** Code of commands: the code that a node's command runs → its digest, from memory where nothing has changed. */

import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Access } from '../audit/access.ts';
import { hashBytes, stringifyCanonical } from '../fingerprint/canonical.ts';
import type { CodeIdentity } from '../fingerprint/code-rows.ts';
import type { FileClock, Moment } from '../fingerprint/file-clock.ts';
import { fitsStamp, statIfReadable } from '../fingerprint/file-stamp.ts';
import { keepSources, type TextSink } from '../fingerprint/keep-sources.ts';
import type { GraphNode } from '../graph/types.ts';
import {
  type DiskAnswers,
  DiskLook,
  FolderNames,
  listLooks,
  saysTheSame,
} from '../python/disk-look.ts';
import type { ModuleFacts } from '../python/said-of-modules.ts';
import type { StateLayout } from '../system/layout.ts';
import { dayOf } from '../system/memo-age.ts';
import { isOfCode } from './code-access.ts';
import { COMMAND_MEMO, type CommandRow, CommandRows, MODULE_MEMO } from './command-rows.ts';
import type { Launch } from './launch.ts';
import { LaunchFinder, listInputPathsOf } from './launch-finder.ts';
import { findInterpreter, traceLaunches } from './trace-command.ts';

/** The code that a command runs, and what is to be said of it. */
export type FoundCommandCode = CommandRow;

/** A look at the disk holds for so long, so that one pass over many nodes is one look. */
const LOOK_MS = 200;

/** Finds the code of commands. Each is traced once a run, and not at all while the disk says the same. */
export class CommandCode {
  readonly #layout: StateLayout;
  readonly #sink: TextSink;
  readonly #clock: FileClock;
  readonly #look: (path: string) => void;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #current = new Map<string, { readonly code: FoundCommandCode; seenAt: number }>();
  readonly #underway = new Map<string, Promise<FoundCommandCode>>();
  readonly #launches: LaunchFinder;
  #rows: CommandRows | undefined;
  #names = new FolderNames();
  #root: string | undefined;

  /** @param look told the path, from the workspace, of each file that decides a digest or would */
  constructor(
    layout: StateLayout,
    sink: TextSink,
    clock: FileClock,
    environment: Readonly<Record<string, string | undefined>>,
    look: (path: string) => void = () => {},
  ) {
    this.#layout = layout;
    this.#sink = sink;
    this.#clock = clock;
    this.#environment = environment;
    this.#look = look;
    this.#launches = new LaunchFinder({
      environment,
      root: () => this.#realRoot,
      texts: () => this.#memory.texts,
      today: () => dayOf(clock.now()),
    });
  }

  /** The code of a node's command; null where it runs none. */
  async digest(node: GraphNode): Promise<CodeIdentity | null> {
    return (await this.find(node))?.identity ?? null;
  }

  /** {@link digest}, by a look at the disk now. */
  digestAfresh(node: GraphNode): Promise<CodeIdentity | null> {
    const key = this.#launches.keyOf(node);
    const current = key === undefined ? undefined : this.#current.get(key);
    if (current !== undefined) current.seenAt = 0;
    return this.digest(node);
  }

  /** The code of a node's command, with what is to be said of it; null where it is known to run none. */
  async find(node: GraphNode): Promise<FoundCommandCode | null> {
    if (!node.mayRunCode) return null;
    const { key, launches } = await this.#launches.of(node);
    if (launches.length === 0) return null;
    // A node that waited long is looked at again: its program is read when it starts.
    const current = this.#current.get(key);
    if (current !== undefined) {
      if (Date.now() - current.seenAt < LOOK_MS) return current.code;
      this.#names = new FolderNames();
      if (this.#isCurrent(current.code)) {
        current.seenAt = Date.now();
        return current.code;
      }
    }
    let underway = this.#underway.get(key);
    if (underway === undefined) {
      underway = this.#trace(key, launches, node).finally(() => this.#underway.delete(key));
      this.#underway.set(key, underway);
    }
    return underway;
  }

  /** A file of a node's code that is not what it was when it was hashed; null where there is none. */
  findReplaced(node: GraphNode): string | null {
    const code = this.#known(node);
    if (code === undefined || this.#isCurrent(code, new FolderNames())) return null;
    const { stamps } = code.answers;
    const isReplaced = (file: string) =>
      !fitsStamp(statIfReadable(join(this.#realRoot, file)), stamps[file] ?? null);
    return code.files.find(isReplaced) ?? 'a module or package';
  }

  /** Whether something that a node reads belongs to its code: modules, where they are looked for, packages. */
  covers(node: GraphNode, { kind, path }: Pick<Access, 'kind' | 'path'>): boolean {
    const code = this.#known(node);
    if (code === undefined || kind === 'write') return false;
    return isOfCode(code, this.#realRoot, kind, path);
  }

  /** Whether something is told the first time. */
  tellsFirst(what: string): boolean {
    const today = dayOf(this.#clock.now());
    if (this.#memory.told.find(what, today) !== undefined) return false;
    this.#memory.told.keep(what, true, today);
    return true;
  }

  #known(node: GraphNode): FoundCommandCode | undefined {
    const key = this.#launches.keyOf(node);
    return key === undefined ? undefined : this.#current.get(key)?.code;
  }

  /** Writes back what is remembered, if anything changed. */
  save(): void {
    this.#rows?.save(dayOf(this.#clock.now()), this.#layout.temporary);
  }

  async #trace(
    key: string,
    launches: readonly Launch[],
    node: GraphNode,
  ): Promise<FoundCommandCode> {
    const today = dayOf(this.#clock.now());
    const rowKey = hashBytes(key);
    const known = this.#memory.traced.find(rowKey, today);
    if (known !== undefined && this.#isCurrent(known)) {
      for (const path of listLooks(known.answers)) this.#look(path);
      this.#current.set(key, { code: known, seenAt: Date.now() });
      return known;
    }
    const since = this.#clock.moment();
    const root = this.#realRoot;
    const disk = new DiskLook(root, this.#names);
    const { openParser } = await import('../python/parse-python.ts');
    const { readFacts } = await import('../python/module-facts.ts');
    const parse = await openParser();
    const inputs = listInputPathsOf(node);
    const traced = traceLaunches(launches, {
      root,
      disk,
      asked: this.#memory.asked,
      environment: this.#environment,
      folder: root,
      isInput: (path) => inputs.some((one) => path === one || path.startsWith(`${one}/`)),
      readFacts: (text): ModuleFacts => {
        const digest = hashBytes(text);
        const facts = this.#memory.modules.find(digest, today);
        if (facts !== undefined) return facts;
        const read = readFacts(text, parse);
        this.#memory.modules.keep(digest, read, today);
        return read;
      },
    });
    const { modules, packages, texts, spots, unfollowed, programs, environments } = traced;
    const identity =
      modules.size === 0 && packages.size === 0 ? null : this.#keep(modules, packages, texts);
    const row = {
      identity,
      answers: disk.answers,
      programs,
      spots,
      unfollowed,
      environments,
      files: [...modules.keys()],
    };
    for (const path of listLooks(row.answers)) this.#look(path);
    this.#current.set(key, { code: row, seenAt: Date.now() });
    if (this.#isQuiet(row.answers, since)) this.#memory.traced.keep(rowKey, row, today);
    return row;
  }

  /** Stores what digests stand for. */
  #keep(
    modules: ReadonlyMap<string, string>,
    packages: ReadonlySet<string>,
    texts: ReadonlyMap<string, string>,
  ): CodeIdentity {
    const closure = {
      modules: Object.fromEntries(modules),
      packages: Object.fromEntries([...packages].map((name) => [name, ''])),
    };
    const text = stringifyCanonical(closure);
    const digest = hashBytes(text);
    this.#sink.put(text, digest);
    return { digest, sources: keepSources(this.#sink, texts) };
  }

  #isCurrent({ answers, programs }: CommandRow, names = this.#names): boolean {
    const root = this.#realRoot;
    return (
      saysTheSame(answers, root, names) &&
      programs.every(
        ({ choice, folder, found }) =>
          findInterpreter(choice, resolve(root, folder), root, this.#environment) === found,
      )
    );
  }

  /** Whether files are still as they were read, and their next change will show. */
  #isQuiet({ stamps }: DiskAnswers, since: Moment): boolean {
    return Object.entries(stamps).every(([file, stamp]) => {
      const stats = statIfReadable(join(this.#realRoot, file));
      return fitsStamp(stats, stamp) && (stats === null || this.#clock.isQuiet(stats, since));
    });
  }

  get #memory(): CommandRows {
    const memo = (name: string) => this.#layout.memo(name);
    this.#rows ??= new CommandRows(memo(COMMAND_MEMO), memo(MODULE_MEMO));
    return this.#rows;
  }

  get #realRoot(): string {
    this.#root ??= realpathSync(this.#layout.workspace);
    return this.#root;
  }
}
