/** Running, its audit: judges results by what their stages did. */

import { existsSync } from 'node:fs';
import type { Access } from '../audit/access.ts';
import { describeAccesses } from '../audit/describe-accesses.ts';
import { keepCounting, keepUndeclared } from '../audit/undeclared.ts';
import type { ResultRecord } from '../cache/results.ts';
import type { GraphNode } from '../graph/types.ts';
import { resolveIn } from '../system/resolve-path.ts';
import type { Failure } from './failure.ts';
import type { Outcomes } from './outcomes.ts';
import type { Run } from './run.ts';

const UNSEEN = 'what the programs do that it runs by $ is not audited';

/** Stages that a message names. */
const MOST_NAMED = 6;

/** Judges the results of a run, made by it or found in the cache, by what their stages did. */
export class Auditor {
  readonly #run: Run;
  readonly #outcomes: Outcomes;
  /** Stages of which was told how to declare what a node of theirs did. */
  readonly #explained = new Set<string>();
  /** Stages of which was told that nobody saw what they run. */
  readonly #unseen = new Set<string>();

  /** Cached results of commands that nobody has watched. */
  readonly #unaudited: GraphNode[] = [];

  constructor(run: Run, outcomes: Outcomes) {
    this.#run = run;
    this.#outcomes = outcomes;
  }

  /** Whether a cached result says too little for this run, which could know more. */
  isToBeRemade(node: GraphNode, { undeclared }: ResultRecord): boolean {
    const { strict, commands } = this.#run.settings.audit;
    if (!strict || undeclared !== undefined) return false;
    if (node.action.kind === 'command' && !commands) return false;
    // It ran programs, and would again.
    if (node.action.kind === 'module') return false;
    this.#outcomes.warnOnce(
      node,
      'audit',
      'its cached result was not audited, so it is made again',
    );
    return true;
  }

  /** Why a result does not count under `--strict`; null where it does. */
  objectTo(node: GraphNode, seen: readonly Access[] | null): Failure | null {
    const accesses = this.#judge(node, seen ?? []);
    const counts = this.#run.settings.audit.strict && accesses.length > 0;
    return counts ? { kind: 'undeclared', accesses } : null;
  }

  /** Tells of a result that counts what its stage did; of a stage's first node in full. */
  tell(node: GraphNode, seen: readonly Access[] | null): void {
    this.#tellUnseen(node, seen);
    const isCommand = node.action.kind === 'command';
    if (seen === null && isCommand && this.#run.settings.audit.commands) this.#unaudited.push(node);
    const told = this.#run.told.get(node.stage.name);
    const undeclared = this.#judge(node, seen ?? []).filter(
      ({ kind, path }) => kind === 'write' || told?.has(path) !== true,
    );
    if (undeclared.length === 0) return;
    const isKnown = this.#explained.has(node.stage.name);
    this.#explained.add(node.stage.name);
    const text = describeAccesses(this.#run.graph, node, undeclared, {
      isBrief: isKnown,
      stands: this.#stands,
    });
    this.#outcomes.warn(node, text, undeclared);
  }

  /** At the end: tells of cached results of which an audit can say nothing. */
  tellUnaudited(): void {
    const count = this.#unaudited.length;
    if (count === 0) return;
    const names = [...new Set(this.#unaudited.map(({ stage }) => stage.name))];
    const rest = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
    const stages = names.slice(0, MOST_NAMED).join(', ') + rest;
    const [results, them] = count === 1 ? ['result was', 'it'] : ['results were', 'them'];
    const text = `${count} cached ${results} made without --audit, so that it is not known what ${stages} read: run --strict makes ${them} again`;
    const { events } = this.#run.services;
    events.report({ type: 'warning', time: events.now(), node: null, text });
  }

  #tellUnseen(node: GraphNode, seen: readonly Access[] | null): void {
    const { strict, commands } = this.#run.settings.audit;
    if (seen !== null || node.action.kind !== 'module' || !(strict || commands)) return;
    if (!this.#unseen.has(node.stage.name)) this.#outcomes.warn(node, UNSEEN);
    this.#unseen.add(node.stage.name);
  }

  /** What of a result counts by what is declared and ignored today. */
  #judge(node: GraphNode, seen: readonly Access[]): Access[] {
    if (seen.length === 0) return [];
    const { ignored, layout } = this.#run;
    return keepUndeclared(node, keepCounting(seen, ignored.below(layout.workspace)));
  }

  readonly #stands = (path: string): boolean =>
    existsSync(resolveIn(this.#run.layout.workspace, path));
}
