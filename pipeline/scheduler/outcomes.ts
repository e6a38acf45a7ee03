/** Running, what becomes of nodes: counted, and told. */

import type { Access } from '../audit/access.ts';
import type { ResultRecord } from '../cache/results.ts';
import type { JsonObject } from '../contract/values.ts';
import type { GraphNode, NodeId } from '../graph/types.ts';
import type { LeaseHolder } from '../lease/lease-file.ts';
import { readLogTail } from './log-tail.ts';
import type { Retry } from './retry.ts';
import type { RunEvents } from './run-services.ts';

/** How many nodes ended how. */
export interface RunCounts {
  readonly executed: number;
  readonly cached: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A stage's log: where it is, and what it is called for people. */
export interface NodeLog {
  readonly path: string;
  readonly name: string;
}

/** What is known of the attempt at a node that failed. */
export interface FailedWork {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Absent where no attempt was made. */
  readonly log?: NodeLog;
  /** Where what it wrote is, from the workspace; absent where that is gone. */
  readonly kept?: string | undefined;
}

/** Counts what becomes of nodes, and tells it. */
export class Outcomes {
  readonly #events: RunEvents;
  readonly #counts = { executed: 0, cached: 0, failed: 0, skipped: 0 };
  readonly #waiting = new Set<NodeId>();
  readonly #told = new Set<NodeId>();
  readonly #warned = new Set<string>();

  constructor(events: RunEvents) {
    this.#events = events;
  }

  get counts(): RunCounts {
    return this.#counts;
  }

  /** Of some nodes, those of which nothing was told yet: neither that they are done nor that not. */
  listUntold(nodes: readonly GraphNode[]): GraphNode[] {
    return nodes.filter(({ id }) => !this.#told.has(id));
  }

  cached(node: GraphNode, restored: boolean, summary: JsonObject): void {
    this.#counts.cached++;
    this.#told.add(node.id);
    this.#events.report({
      type: 'node-finished',
      time: this.#events.now(),
      node: node.id,
      outcome: 'cached',
      restored,
      seconds: 0,
      summary,
    });
  }

  /** A node that was counted as cached is made again after all. */
  retract({ id }: GraphNode): void {
    this.#counts.cached--;
    this.#told.delete(id);
  }

  executed(
    node: GraphNode,
    {
      summary,
      fingerprint,
      provenance,
    }: Pick<ResultRecord, 'summary' | 'fingerprint' | 'provenance'>,
    startedAt: number,
  ): void {
    this.#counts.executed++;
    this.#told.add(node.id);
    const time = this.#events.now();
    this.#events.report({
      type: 'node-finished',
      time,
      node: node.id,
      outcome: 'executed',
      restored: false,
      seconds: (time - startedAt) / 1000,
      summary,
      fingerprint,
      ...provenance.usage,
    });
  }

  failed(node: GraphNode, message: string, { startedAt, log, kept }: FailedWork): void {
    this.#counts.failed++;
    this.#told.add(node.id);
    const time = this.#events.now();
    this.#events.report({
      type: 'node-failed',
      time,
      node: node.id,
      message,
      log: log?.name ?? null,
      logTail: log === undefined ? [] : readLogTail(log.path),
      ...(kept === undefined ? {} : { kept }),
      seconds: (time - startedAt) / 1000,
    });
  }

  retrying(node: GraphNode, retry: Retry, message: string, log: NodeLog): void {
    const time = this.#events.now();
    this.#events.report({
      type: 'node-retrying',
      time,
      node: node.id,
      ...retry,
      message,
      log: log.name,
    });
  }

  skipped(nodes: readonly GraphNode[], because: string): void {
    this.#counts.skipped += nodes.length;
    for (const { id } of nodes) {
      this.#told.add(id);
      this.#events.report({ type: 'node-skipped', time: this.#events.now(), node: id, because });
    }
  }

  /** A node ran and was stopped, which is no failure. @param goesOn whether its next attempt goes on from there */
  stopped({ id }: GraphNode, startedAt: number, because: string, goesOn: boolean): void {
    this.#counts.skipped += 1;
    this.#told.add(id);
    const time = this.#events.now();
    const stopped = { seconds: (time - startedAt) / 1000, goesOn };
    this.#events.report({ type: 'node-skipped', time, node: id, because, stopped });
  }

  /** Told once a node, whoever runs it in the end. */
  waiting(node: GraphNode, { host, pid }: LeaseHolder, path?: string): void {
    if (this.#waiting.has(node.id)) return;
    this.#waiting.add(node.id);
    this.#events.report({
      type: 'node-waiting',
      time: this.#events.now(),
      node: node.id,
      host,
      pid,
      ...(path === undefined ? {} : { path }),
    });
  }

  /** @param topic of which a node's first warning is told: the same may be found again in other words */
  warnOnce(node: GraphNode, topic: 'record' | 'outputs' | 'audit', text: string): void {
    const key = `${topic} ${node.id}`;
    if (!this.#warned.has(key)) this.warn(node, text);
    this.#warned.add(key);
  }

  /** @param undeclared what the node did without declaring it, where that is the warning */
  warn(node: GraphNode, text: string, undeclared?: readonly Access[]): void {
    const details = undeclared === undefined ? {} : { undeclared };
    this.#events.report({
      type: 'warning',
      time: this.#events.now(),
      node: node.id,
      text,
      ...details,
    });
  }
}
