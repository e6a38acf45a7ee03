/** What of the machine decides results: asked of modules of the workspace, and remembered while what they went by stays. */

import { existsSync } from 'node:fs';
import { hostname, release } from 'node:os';
import type { Result } from '../pipeline-file/diagnostic.ts';
import { locateArgument } from '../pipeline-file/diagnostic.ts';
import type { StateLayout } from '../system/layout.ts';
import { keepIfPossible, readJsonMemo, writeJsonMemo } from '../system/memo-file.ts';
import { hashBytes } from './canonical.ts';
import type { CodeMemo } from './code-memo.ts';
import { readDeviceState } from './device-state.ts';
import { readMachineAnswer } from './machine-answer.ts';

/** What of the machine decides a result, by name, in words. */
export type Facts = Readonly<Record<string, string>>;

/** Runs the probe of a module in a process of its own. Rejects with an Error that says why it gave no answer. */
export type RunProbe = (module: string) => Promise<unknown>;

/** An answer, and all that it was given by. */
interface KeptAnswer {
  readonly host: string;
  readonly module: string;
  /** Digest of the code that gave it. */
  readonly code: string;
  readonly facts: Facts;
  /** Path → what stood there. */
  readonly files: Readonly<Record<string, string>>;
  /** Name of a variable → digest of its value; null where it is unset. */
  readonly variables: Readonly<Record<string, string | null>>;
}

const MEMO = 'machine';
/** A workspace on a shared disk is used by several machines. */
const MOST_KEPT = 64;

/** Answers of modules about this machine. Each module is asked once a command at most, and only where a node needs it. */
export class MachineFacts {
  readonly #layout: StateLayout;
  readonly #code: CodeMemo;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #run: RunProbe;
  readonly #known = new Map<string, Promise<Result<Facts>>>();

  constructor(
    layout: StateLayout,
    code: CodeMemo,
    environment: Readonly<Record<string, string | undefined>>,
    run: RunProbe,
  ) {
    this.#layout = layout;
    this.#code = code;
    this.#environment = environment;
    this.#run = run;
  }

  /** What some modules tell, together; mistakes where one cannot. */
  async ask(modules: readonly string[]): Promise<Result<Facts>> {
    let facts: Facts = {};
    for (const module of modules) {
      const known = this.#known.get(module) ?? this.#find(module);
      this.#known.set(module, known);
      const told = await known;
      if (!told.ok) return told;
      facts = { ...facts, ...told.value };
    }
    return { ok: true, value: facts };
  }

  async #find(module: string): Promise<Result<Facts>> {
    const code = await this.#code.digestModule(module);
    if (!code.ok) return code;
    const host = `${hostname()} ${release()}`;
    const kept = readKept(this.#layout);
    const same = kept.find(
      (one) =>
        one.host === host &&
        one.module === module &&
        one.code === code.value.digest &&
        this.#holds(one),
    );
    if (same !== undefined) return { ok: true, value: same.facts };
    try {
      const { facts, files, variables, isKept } = readMachineAnswer(await this.#run(module));
      if (!isKept) return { ok: true, value: facts };
      const answer: KeptAnswer = {
        host,
        module,
        code: code.value.digest,
        facts,
        files: Object.fromEntries(files.map((path) => [path, readDeviceState(path)])),
        variables: Object.fromEntries(variables.map((name) => [name, this.#digestOf(name)])),
      };
      this.#keep(answer, kept);
      return { ok: true, value: facts };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const message = `cannot tell of this machine: ${reason}`;
      const location = locateArgument(module);
      return { ok: false, diagnostics: [{ code: 'not-readable', message, location }] };
    }
  }

  #holds({ files, variables }: KeptAnswer): boolean {
    return (
      Object.entries(variables).every(([name, digest]) => this.#digestOf(name) === digest) &&
      Object.entries(files).every(([path, state]) => readDeviceState(path) === state)
    );
  }

  #digestOf(name: string): string | null {
    const value = this.#environment[name];
    return value === undefined ? null : hashBytes(value);
  }

  #keep(answer: KeptAnswer, before: readonly KeptAnswer[]): void {
    const { stateFolder, temporary } = this.#layout;
    // A command that only looks makes no folder.
    if (!existsSync(stateFolder)) return;
    const kept = [answer, ...before].slice(0, MOST_KEPT);
    keepIfPossible(() => writeJsonMemo(this.#layout.memo(MEMO), kept, temporary));
  }
}

function readKept(layout: StateLayout): readonly KeptAnswer[] {
  // Only this program writes it, and its digest tells a damaged one.
  return (readJsonMemo(layout.memo(MEMO)) as readonly KeptAnswer[] | undefined) ?? [];
}
