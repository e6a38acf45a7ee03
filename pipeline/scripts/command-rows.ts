/** Code of commands: what is remembered of commands that were traced, of modules and of interpreters. */

import type { CodeIdentity } from '../fingerprint/code-rows.ts';
import type { DiskAnswers } from '../python/disk-look.ts';
import type { AskedInterpreters } from '../python/environment.ts';
import type { ModuleFacts } from '../python/said-of-modules.ts';
import type { ListedProgram } from '../shell/list-programs.ts';
import { type AgedRow, AgedRows } from '../system/aged-rows.ts';
import { readJsonMemo, writeJsonMemo } from '../system/memo-file.ts';
import type { CodeSpot, FoundProgramFile, TracedCommand } from './traced-command.ts';

/** Name of the memo of commands. */
export const COMMAND_MEMO = 'commands';
/** Name of the memo of the modules that they run. */
export const MODULE_MEMO = 'modules';

/** A command traced earlier, valid while the disk says the same. */
export interface CommandRow {
  /** Null where it runs no code of the workspace. */
  readonly identity: CodeIdentity | null;
  readonly answers: DiskAnswers;
  readonly programs: readonly FoundProgramFile[];
  readonly spots: readonly CodeSpot[];
  readonly unfollowed: TracedCommand['unfollowed'];
  readonly environments: TracedCommand['environments'];
  /** Paths, from the workspace, of the code that counts. */
  readonly files: readonly string[];
}

/** What is remembered of commands: all of it may be lost at any time. */
export class CommandRows {
  readonly #paths: { readonly commands: string; readonly modules: string };
  readonly texts: AgedRows<readonly ListedProgram[]>;
  readonly traced: AgedRows<CommandRow>;
  /** What was said once, and need not be said again. */
  readonly told: AgedRows<true>;
  /** What interpreters have said of themselves. */
  readonly asked: AskedInterpreters;
  readonly #askedBefore: number;
  #modules: AgedRows<ModuleFacts> | undefined;

  constructor(commands: string, modules: string) {
    this.#paths = { commands, modules };
    const memo = (readJsonMemo(commands) ?? {}) as {
      readonly texts?: readonly AgedRow<readonly ListedProgram[]>[];
      readonly traced?: readonly AgedRow<CommandRow>[];
      readonly told?: readonly AgedRow<true>[];
      readonly asked?: readonly (readonly [string, { version: string; path: readonly string[] }])[];
    };
    this.texts = new AgedRows(memo.texts ?? []);
    this.traced = new AgedRows(memo.traced ?? []);
    this.told = new AgedRows(memo.told ?? []);
    this.asked = new Map(memo.asked ?? []);
    this.#askedBefore = this.asked.size;
  }

  /** Facts of modules, by the digest of their text: read where something was edited. */
  get modules(): AgedRows<ModuleFacts> {
    this.#modules ??= new AgedRows(
      (readJsonMemo(this.#paths.modules) ?? []) as readonly AgedRow<ModuleFacts>[],
    );
    return this.#modules;
  }

  /** Writes back what changed. @param asideFolder where files are put together */
  save(today: number, asideFolder: string): void {
    const { texts, traced, told } = this;
    const isChanged = [texts, traced, told].some(({ changed }) => changed);
    if (isChanged || this.asked.size > this.#askedBefore) {
      const listed = {
        texts: texts.list(today),
        traced: traced.list(today),
        told: told.list(today),
      };
      const memo = { ...listed, asked: [...this.asked].slice(-MOST_ASKED) };
      writeJsonMemo(this.#paths.commands, memo, asideFolder);
    }
    if (this.#modules?.changed === true) {
      writeJsonMemo(this.#paths.modules, this.#modules.list(today), asideFolder);
    }
    for (const rows of [texts, traced, told]) rows.changed = false;
    if (this.#modules !== undefined) this.#modules.changed = false;
  }
}

/** Interpreters of which is remembered what they said. */
const MOST_ASKED = 40;
