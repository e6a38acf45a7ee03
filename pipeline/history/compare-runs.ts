/** Two past runs → in what they differ: what was asked, which nodes there were, what those gave and why. */

import { completeSummary } from '../cache/complete-summary.ts';
import type { Json, JsonObject } from '../contract/values.ts';
import type { Cause } from '../explain/difference.ts';
import { flattenValues } from '../pipeline-file/flatten-values.ts';
import type { RunAccount } from './account.ts';
import { compareNames } from './compare-names.ts';
import { CauseFinder } from './find-causes.ts';
import type { NodeResult } from './run-results.ts';
import type { RunSide } from './run-side.ts';

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

/** What two runs had of a node. */
interface NodeInBoth {
  readonly then: NodeResult;
  readonly now: NodeResult;
  readonly before: RunSide;
  readonly after: RunSide;
}

/** Compares two runs. */
export function compareRuns(before: RunSide, after: RunSide): RunsDifference {
  const both = [...after.nodes.values()].flatMap((now) => {
    const then = before.nodes.get(now.node);
    return then === undefined ? [] : [{ node: now.node, then, now }];
  });
  both.sort((a, b) => compareNames(a.node, b.node));
  const done = both.filter(({ then, now }) => isDone(then) && isDone(now));
  const known = done.filter(({ then, now }) => then.record !== null && now.record !== null);
  const causes = new CauseFinder(before, after);
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
    metrics: done.flatMap(({ then, now }) => compareMetrics({ then, now, before, after })),
    equal: known.length - changed.length,
  };
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

function compareMetrics({ then, now, ...both }: NodeInBoth): readonly MovedMetric[] {
  const [old, young] = [summarize(then, now, both.before), summarize(now, then, both.after)];
  // Another declaration of what has metrics is no change of the same result.
  const isSame = then.record !== null && then.record.fingerprint === now.record?.fingerprint;
  return [...new Set([...Object.keys(old), ...Object.keys(young)])].flatMap((metric) => {
    const [before, after] = [old[metric] ?? null, young[metric] ?? null];
    const isMissing = before === null || after === null;
    return JSON.stringify(before) === JSON.stringify(after) || (isSame && isMissing)
      ? []
      : [{ node: now.node, metric, before, after }];
  });
}

/** By dotted name, a result's summary with the metrics of outputs that only the other one was declared to have. */
function summarize({ record, summary }: NodeResult, other: NodeResult, side: RunSide): JsonObject {
  if (record === null) return flattenValues(summary);
  const measured = Object.entries(other.record?.outputs ?? {}).flatMap(([name, { metrics }]) =>
    metrics === true ? [{ name, path: name }] : [],
  );
  return flattenValues(completeSummary({ ...record, summary }, measured, side.objects));
}
