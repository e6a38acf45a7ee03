/** Two past runs → in what they differ: what was asked, which nodes there were, what those gave and why. */

import type { KeptCode } from '../cache/kept-content.ts';
import type { Json } from '../contract/values.ts';
import { lengthenChains, mergeCauses } from '../explain/causes.ts';
import { compareRecords } from '../explain/compare-records.ts';
import type { Cause } from '../explain/difference.ts';
import type { Digest } from '../fingerprint/canonical.ts';
import { flattenValues } from '../pipeline-file/flatten-values.ts';
import type { RunAccount } from './account.ts';
import type { NodeResult } from './run-results.ts';

/** A past run with what its nodes gave. */
export interface RunSide {
  readonly account: RunAccount;
  readonly nodes: ReadonlyMap<string, NodeResult>;
}

/** Something that was asked of both runs, otherwise; null where it was not asked. */
interface AskedOtherwise {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** A node whose result is another one in the second run. */
export interface ChangedNode {
  readonly node: string;
  /** What differs, at the node where that arose. */
  readonly causes: readonly Cause[];
}

/** A metric that moved; null where a run has it not. */
export interface MovedMetric {
  readonly node: string;
  readonly metric: string;
  readonly before: Json;
  readonly after: Json;
}

/** In what two runs differ. */
export interface RunsDifference {
  readonly before: RunAccount;
  readonly after: RunAccount;
  readonly asked: readonly AskedOtherwise[];
  readonly onlyBefore: readonly string[];
  readonly onlyAfter: readonly string[];
  /** Nodes that were done in one run alone, with what became of them. */
  readonly ended: readonly {
    readonly node: string;
    readonly before: NodeResult['outcome'];
    readonly after: NodeResult['outcome'];
  }[];
  readonly changed: readonly ChangedNode[];
  /** Nodes that were done in both runs, of which not both results are known any more. */
  readonly unknown: readonly string[];
  readonly metrics: readonly MovedMetric[];
  /** How many nodes have the same result in both. */
  readonly equal: number;
}

/**
 * Compares two runs.
 *
 * @param readCode what is kept of a code digest; null where it is gone
 */
export function compareRuns(
  before: RunSide,
  after: RunSide,
  readCode: (digest: Digest) => KeptCode | null,
): RunsDifference {
  const both = [...after.nodes.values()].flatMap((now) => {
    const then = before.nodes.get(now.node);
    return then === undefined ? [] : [{ node: now.node, then, now }];
  });
  both.sort((a, b) => a.node.localeCompare(b.node, 'en', { numeric: true }));
  const done = both.filter(({ then, now }) => isDone(then) && isDone(now));
  const known = done.filter(({ then, now }) => then.record !== null && now.record !== null);
  const causes = new CauseFinder(before, after, readCode);
  const changed = known.filter(({ node }) => causes.isChanged(node));
  const only = (one: RunSide, other: RunSide) =>
    [...one.nodes.keys()].filter((node) => !other.nodes.has(node));
  return {
    before: before.account,
    after: after.account,
    asked: compareAsked(before.account, after.account),
    onlyBefore: only(before, after),
    onlyAfter: only(after, before),
    ended: both
      .filter(({ then, now }) => isDone(then) !== isDone(now))
      .map(({ node, then, now }) => ({ node, before: then.outcome, after: now.outcome })),
    changed: changed.map(({ node }) => ({ node, causes: causes.find(node) })),
    unknown: done.filter((one) => !known.includes(one)).map(({ node }) => node),
    metrics: done.flatMap(({ node, then, now }) => compareMetrics(node, then, now)),
    equal: known.length - changed.length,
  };
}

/** Follows what differs in a node to the nodes upstream in which it arose. */
class CauseFinder {
  readonly #before: RunSide;
  readonly #after: RunSide;
  readonly #readCode: (digest: Digest) => KeptCode | null;
  readonly #found = new Map<string, readonly Cause[]>();

  constructor(before: RunSide, after: RunSide, readCode: (digest: Digest) => KeptCode | null) {
    this.#before = before;
    this.#after = after;
    this.#readCode = readCode;
  }

  isChanged(node: string): boolean {
    const [then, now] = this.#recordsOf(node);
    return then !== null && now !== null && then.fingerprint !== now.fingerprint;
  }

  find(node: string): readonly Cause[] {
    const known = this.#found.get(node);
    if (known !== undefined) return known;
    const [then, now] = this.#recordsOf(node);
    if (then === null || now === null) return [];
    const differences = compareRecords(then.record, now.record, this.#readCode);
    const causes = differences.flatMap((reason): readonly Cause[] => {
      const maker = reason.kind === 'input' ? reason.node : null;
      const upstream = maker !== null && this.isChanged(maker) ? this.find(maker) : [];
      if (upstream.length > 0) return lengthenChains(upstream, node);
      return [{ chain: [node], reason }];
    });
    const merged = mergeCauses(causes);
    this.#found.set(node, merged);
    return merged;
  }

  #recordsOf(node: string) {
    const of = ({ nodes }: RunSide) => nodes.get(node)?.record ?? null;
    return [of(this.#before), of(this.#after)] as const;
  }
}

function isDone({ outcome }: NodeResult): boolean {
  return outcome === 'executed' || outcome === 'cached';
}

function compareAsked(before: RunAccount, after: RunAccount): readonly AskedOtherwise[] {
  const [old, now] = [listAsked(before), listAsked(after)];
  const names = [...new Set([...old.keys(), ...now.keys()])];
  return names.flatMap((name) => {
    const sides = { before: old.get(name) ?? null, after: now.get(name) ?? null };
    return sides.before === sides.after ? [] : [{ name, ...sides }];
  });
}

/** What was asked of a run, by name; of `--set` each parameter. */
function listAsked(run: RunAccount): ReadonlyMap<string, string> {
  const { targets, profile, settings, exploration } = run;
  const asked = new Map<string, string>();
  if (targets !== null) asked.set('targets', targets.join(' ') || 'everything');
  if (profile !== null) asked.set('profile', profile);
  for (const setting of settings ?? []) {
    const equals = setting.indexOf('=');
    asked.set(`--set ${setting.slice(0, equals)}`, setting.slice(equals + 1));
  }
  if (exploration !== null) asked.set('--as', exploration);
  return asked;
}

function compareMetrics(node: string, then: NodeResult, now: NodeResult): readonly MovedMetric[] {
  const [old, young] = [flattenValues(then.summary), flattenValues(now.summary)];
  return [...new Set([...Object.keys(old), ...Object.keys(young)])].flatMap((metric) => {
    const [before, after] = [old[metric] ?? null, young[metric] ?? null];
    return JSON.stringify(before) === JSON.stringify(after)
      ? []
      : [{ node, metric, before, after }];
  });
}
