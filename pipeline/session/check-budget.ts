/** `--budget`: a run that would or may cost more is refused before anything of it begins. */

import type { CostBounds, StageCost } from '../forecast/cost.ts';
import { type Diagnostic, listNames } from '../pipeline-file/diagnostic.ts';
import { countOf, formatScaled } from '../progress/units.ts';
import { badArgument, describeBadArgument } from './mistakes.ts';
import type { PricedForecast } from './price-forecast.ts';

/** The option that says what a run may cost. */
export interface BudgetOptions {
  /** Node-hours. */
  readonly budget?: string;
}

/** So many of the dearest stages are named. */
const NAMED_STAGES = 4;

/** Node-hours that a run may cost; null where nobody has said it. @throws {UserMistakes} for no amount */
export function readBudget({ budget }: BudgetOptions): number | null {
  if (budget === undefined) return null;
  const hours = Number(budget);
  if (budget.trim() !== '' && Number.isFinite(hours) && hours >= 0) return hours;
  throw badArgument('--budget', `"${budget}" is no number of node-hours`, {
    expected: 'a number such as 12 or 0.5; see docs/cluster.md for what a node-hour is',
  });
}

/**
 * Why a run may not begin under a budget; null where it may. What may turn out to need no run counts, and
 * of what is bounded the most.
 */
export function checkBudget(budget: number, cost: PricedForecast): Diagnostic | null {
  const argument = `--budget ${budget}`;
  const { nodeHours } = cost.total;
  const unknown = [
    ...new Set(cost.stages.filter((one) => isUnknown(one, cost)).map(({ stage }) => stage)),
  ];
  const [unread] = cost.unread;
  if (unread !== undefined) {
    return describeBadArgument(
      argument,
      `jobs of ${unread.stage} have ${unread.option}, which changes what they hold in a way that nobody here can count`,
      {
        expected:
          'options of sbatch that say what is asked for by numbers of CPUs, tasks, nodes, GPUs and sizes, by their long names (docs/cluster.md); nothing was started',
        hint: 'leave the option out, or run without --budget',
      },
    );
  }
  if (nodeHours.most > budget) {
    const atLeast = unknown.length > 0 ? ', and more, as nothing is known of some stages' : '';
    return describeBadArgument(
      argument,
      `the run may cost ${wordHours(nodeHours)} node-hours${atLeast}: ${wordDearest(cost)}`,
      {
        expected: `${budget} node-hours at most; nothing was started`,
        hint: 'name fewer targets, lower what they take with --set, or raise the budget',
      },
    );
  }
  if (unknown.length === 0) return null;
  return describeBadArgument(
    argument,
    `nothing is known of how long ${listNames(unknown, NAMED_STAGES)} will take, so nobody can say that the run keeps to it`,
    {
      expected:
        'stages of which a run is known, or that say `estimate:` or a time limit; nothing was started',
      hint: [
        ...cost.hints,
        'run one of their nodes first, or say `estimate: 10m` in pipeline.yaml',
      ].join('; or '),
    },
  );
}

function isUnknown({ unknown, place }: StageCost, { isCluster }: PricedForecast): boolean {
  return unknown.length > 0 && (place === 'cluster') === isCluster;
}

function wordDearest({ stages, isCluster }: PricedForecast): string {
  return stages
    .filter(({ place }) => (place === 'cluster') === isCluster)
    .sort((a, b) => b.nodeHours.most - a.nodeHours.most)
    .filter(({ nodeHours }) => nodeHours.most > 0)
    .slice(0, NAMED_STAGES)
    .map(
      ({ stage, nodes, nodeHours }) =>
        `${stage} ${wordHours(nodeHours)} (${countOf(nodes, 'node')})`,
    )
    .join(', ');
}

/** `0.25`, or `1.20 to 31.0` where they are bounds. */
export function wordHours({ least, most }: CostBounds): string {
  const [from, to] = [least, most].map(wordNumber);
  if (from === to) return String(to);
  return least === 0 ? `at most ${to}` : `${from} to ${to}`;
}

/** Three digits, or the whole number. */
function wordNumber(value: number): string {
  if (value === 0) return '0';
  if (value < 0.001) return '<0.001';
  return value < 0.1
    ? value.toPrecision(2)
    : value < 1
      ? value.toFixed(2)
      : value < 1000
        ? formatScaled(value)
        : Math.round(value).toLocaleString('en-US');
}
