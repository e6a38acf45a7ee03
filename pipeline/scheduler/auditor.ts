import { existsSync } from 'node:fs';
import type { Access } from '../audit/access.ts';
import { describeAccesses } from '../audit/describe-accesses.ts';
import { keepCounting, keepUndeclared } from '../audit/undeclared.ts';
import type { ResultRecord } from '../cache/results.ts';
import type { Graph, GraphNode, NodeId } from '../graph/types.ts';
import type { IgnoreRules } from '../ignore/ignore-rules.ts';
import { resolveIn } from '../system/resolve-path.ts';
import type { Outcomes } from './outcomes.ts';
import type { AuditSettings } from './run-settings.ts';

/** Where the stages were at work, and what there does not count. */
export interface AuditTools {
  readonly workspace: string;
  readonly ignored: IgnoreRules;
}

/** Judges the results of a run, made by it or found in the cache, by what their stages did. */
export class Auditor {
  readonly #graph: Graph;
  readonly #settings: AuditSettings;
  readonly #outcomes: Outcomes;
  readonly #tools: AuditTools;
  /** Nodes of which was told that their cached result is made again. */
  readonly #remade = new Set<NodeId>();
  /** Stages of which was told how to declare what a node of theirs did. */
  readonly #explained = new Set<string>();

  constructor(graph: Graph, settings: AuditSettings, outcomes: Outcomes, tools: AuditTools) {
    this.#graph = graph;
    this.#settings = settings;
    this.#outcomes = outcomes;
    this.#tools = tools;
  }

  /** Whether a cached result says too little for this run, which could know more. */
  isToBeRemade(node: GraphNode, { undeclared }: ResultRecord): boolean {
    const { strict, commands } = this.#settings;
    if (!strict || undeclared !== undefined) return false;
    if (node.action.kind === 'command' && !commands) return false;
    if (!this.#remade.has(node.id)) {
      this.#outcomes.warn(node, 'its cached result was not audited, so it is made again');
    }
    this.#remade.add(node.id);
    return true;
  }

  /** Why a result does not count under `--strict`; null where it does. */
  objectTo(node: GraphNode, seen: readonly Access[] | null): string | null {
    const undeclared = this.#judge(node, seen ?? []);
    return this.#settings.strict && undeclared.length > 0
      ? describeAccesses(this.#graph, node, undeclared, { isBrief: false, stands: this.#stands })
      : null;
  }

  /** Whether there is nothing to {@link tell} of a result. */
  isSilentOn(node: GraphNode, { undeclared = [] }: ResultRecord): boolean {
    return this.#judge(node, undeclared).length === 0;
  }

  /** Tells of a result that counts what its stage did; of a stage's first node in full. */
  tell(node: GraphNode, seen: readonly Access[] | null): void {
    const undeclared = this.#judge(node, seen ?? []);
    if (undeclared.length === 0) return;
    const isKnown = this.#explained.has(node.stage.name);
    this.#explained.add(node.stage.name);
    const text = describeAccesses(this.#graph, node, undeclared, {
      isBrief: isKnown,
      stands: this.#stands,
    });
    this.#outcomes.warn(node, text, undeclared);
  }

  /** What of a result counts by what is declared and ignored today. */
  #judge(node: GraphNode, seen: readonly Access[]): Access[] {
    if (seen.length === 0) return [];
    const { ignored, workspace } = this.#tools;
    return keepUndeclared(node, keepCounting(seen, ignored.below(workspace)));
  }

  readonly #stands = (path: string): boolean => existsSync(resolveIn(this.#tools.workspace, path));
}
