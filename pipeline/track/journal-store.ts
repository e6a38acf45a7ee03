/** The journals of a workspace, each opened once by a process. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isErrorCode } from '../system/errors.ts';
import type { StateLayout } from '../system/layout.ts';
import { makeNonce } from '../system/nonce.ts';
import { type ExperimentHead, readExperimentHead } from './experiment-head.ts';
import { Journal } from './journal.ts';

/** Letters of a digest that tell experiments apart in names. */
const SHORT = 6;

/** What an experiment is told by. */
export interface TrackedWork {
  /** What it has in common with longer and shorter work. */
  readonly lineage: string;
  readonly fingerprint: string;
}

/** All experiments of a workspace. */
export class JournalStore {
  readonly #layout: StateLayout;
  readonly #journals = new Map<string, Journal>();
  /** By id, the fingerprint of the work that an experiment is told by in this process now. */
  readonly #underway = new Map<string, string>();

  constructor(layout: StateLayout) {
    this.#layout = layout;
  }

  /**
   * The journal of some work, until {@link leave}: the one that an earlier attempt at it, or shorter work of the same
   * lineage, has left; a new one where that very work has ended well before, or other work is at it.
   *
   * @throws a system error
   */
  open(
    { lineage, fingerprint }: TrackedWork,
    about: Pick<ExperimentHead, 'node' | 'profile' | 'trackers'>,
  ): Journal {
    const numbers = this.#list()
      .filter((name) => name.startsWith(`${lineage}-`))
      .map((name) => Number(name.slice(lineage.length + 1)))
      .filter(Number.isInteger)
      .sort((a, b) => b - a);
    const [last = 0] = numbers;
    const heads = numbers.flatMap(
      (number) => readExperimentHead(this.#folder(`${lineage}-${number}`)) ?? [],
    );
    const left = heads.find(({ work }) => work === fingerprint) ?? heads[0];
    const isFree = left !== undefined && this.#isFree(left.id, fingerprint);
    const known = isFree && left.ended !== fingerprint ? this.read(left.id) : null;
    const journal = known ?? this.#make({ lineage, fingerprint }, last + 1, about);
    this.#underway.set(journal.head.id, fingerprint);
    if (known !== null) {
      const trackers = [...new Set([...known.head.trackers, ...about.trackers])];
      const isMore = trackers.length > known.head.trackers.length;
      if (isMore || known.head.work !== fingerprint) known.update({ trackers, work: fingerprint });
    }
    return journal;
  }

  /** The work at an experiment has ended, for now at least. */
  leave(journal: Journal): void {
    this.#underway.delete(journal.head.id);
  }

  /** A journal that is there; null for one that cannot be read. @throws a system error */
  read(id: string): Journal | null {
    const known = this.#journals.get(id);
    if (known !== undefined) return known;
    const head = readExperimentHead(this.#folder(id));
    return head === null ? null : this.#keep(id, head);
  }

  /** All that can be read. @throws a system error */
  all(): Journal[] {
    return this.#list().flatMap((id) => this.read(id) ?? []);
  }

  #isFree(id: string, fingerprint: string): boolean {
    return (this.#underway.get(id) ?? fingerprint) === fingerprint;
  }

  #make(
    { lineage, fingerprint }: TrackedWork,
    number: number,
    about: Pick<ExperimentHead, 'node' | 'profile' | 'trackers'>,
  ): Journal {
    const id = `${lineage}-${number}`;
    const short = lineage.slice(0, SHORT);
    const name = `${about.node}-${short}${number === 1 ? '' : `-${number}`}`;
    const fresh = { part: 1, work: fingerprint, ended: null, reach: {} };
    return this.#keep(id, { schema: 1, id, mark: makeNonce(), name, ...about, ...fresh });
  }

  #keep(id: string, head: ExperimentHead): Journal {
    const journal = new Journal(this.#folder(id), head, this.#layout.temporary);
    this.#journals.set(id, journal);
    return journal;
  }

  #folder(id: string): string {
    return join(this.#layout.trackRoot, id);
  }

  #list(): string[] {
    try {
      return readdirSync(this.#layout.trackRoot).sort();
    } catch (error) {
      if (isErrorCode(error, 'ENOENT')) return [];
      throw error;
    }
  }
}
