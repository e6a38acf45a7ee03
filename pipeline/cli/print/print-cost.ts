/** What a run would cost, in text. */

import type { Amounts, CostBounds, StageCost } from '../../forecast/cost.ts';
import type { Forecast } from '../../forecast/forecast.ts';
import { countOf, formatInterval } from '../../progress/units.ts';
import { wordHours } from '../../session/check-budget.ts';
import type { Attentions } from '../../session/find-attention.ts';
import type { PricedForecast } from '../../session/price-forecast.ts';
import { type ForecastTelling, formatStates, wordClock } from './print-forecast.ts';
import { setInColumns } from './print-table.ts';

/** So many stages of which nothing is known are named. */
const NAMED_STAGES = 8;
const HOUR = 3600;

/**
 * A forecast with its cost for people: what each stage would do, what each takes and where that is known from,
 * what it comes to, and what was assumed.
 */
export function formatCost(
  forecast: Forecast,
  attentions: Attentions,
  cost: PricedForecast,
  telling: ForecastTelling,
): string {
  const lines = formatStates(forecast, attentions, telling);
  if (cost.stages.length === 0) return [...lines, 'cost: nothing'].join('\n');
  lines.push('', ...listStages(cost), '', ...listNotes(cost), ...listTotals(cost));
  lines.push(wordFinish(forecast, cost, telling));
  for (const { stage, seconds, limit } of cost.overLimit) {
    lines.push(
      `${stage} may take ${wordSpan(seconds)}, but its jobs are ended after ${wordSpan(limit)}: raise slurm: { time: … }`,
    );
  }
  for (const { stage, option } of cost.unread) {
    lines.push(`not counted, as it cannot be read: ${option} of ${stage}`);
  }
  return [...lines, ...listUnknown(cost)].join('\n');
}

function listUnknown({ stages, hints }: PricedForecast): string[] {
  const unknown = stages.filter(({ unknown: nodes }) => nodes.length > 0);
  if (unknown.length === 0) return [];
  const named = unknown
    .slice(0, NAMED_STAGES)
    .map(({ stage, unknown: nodes }) => `${stage} (${nodes.length})`);
  const more = unknown.length - named.length;
  const rest = more > 0 ? ` and ${countOf(more, 'stage')} more` : '';
  const help =
    hints.length > 0 ? hints.join('; ') : '`estimate:` of a stage says how long it takes';
  return [`not counted, as nothing is known: ${named.join(', ')}${rest}`, `  ${help}`];
}

function listStages(cost: PricedForecast): string[] {
  const hasGpus = cost.stages.some(({ gpuHours }) => gpuHours.most > 0);
  const head = ['stage', 'nodes', 'hours in all', 'CPU-hours', ...(hasGpus ? ['GPU-hours'] : [])];
  const rows = cost.stages.map((stage) => [
    stage.stage,
    String(stage.nodes),
    wordAmount(stage, stage.wallHours),
    wordAmount(stage, stage.cpuHours),
    ...(hasGpus ? [wordAmount(stage, stage.gpuHours)] : []),
    isPaid(stage, cost) ? wordAmount(stage, stage.nodeHours) : 'runs here',
    wordSources(stage),
  ]);
  const right = hasGpus ? [1, 2, 3, 4, 5] : [1, 2, 3, 4];
  return setInColumns([[...head, 'node-hours', 'known from'], ...rows], right).map((line) =>
    line.trimEnd(),
  );
}

function isPaid({ place }: StageCost, { isCluster }: PricedForecast): boolean {
  return (place === 'cluster') === isCluster;
}

/** Of a stage that is unknown as a whole, nothing but that. */
function wordAmount({ nodes, unknown }: StageCost, amount: CostBounds): string {
  if (unknown.length === nodes) return '?';
  return `${unknown.length > 0 ? 'over ' : ''}${wordHours(amount)}`;
}

const SOURCE_WORDS = {
  recorded: 'recorded',
  calibrated: 'calibrated',
  estimated: 'estimated',
  limit: 'its time limit',
  unknown: 'unknown',
};

function wordSources({ sources, nodes }: StageCost): string {
  const known = Object.entries(sources) as [keyof typeof SOURCE_WORDS, number][];
  return known
    .map(([source, count]) => `${SOURCE_WORDS[source]}${count === nodes ? '' : ` ${count}`}`)
    .join(', ');
}

function listNotes({ stages }: PricedForecast): string[] {
  return stages
    .filter(({ notes }) => notes.length > 0)
    .map(({ stage, notes }) => `${stage}: ${notes.join('; ')}`);
}

function listTotals(cost: PricedForecast): string[] {
  const { total, jobs, machine, isCluster, isMachineAssumed, queued, throttle } = cost;
  const bytes = machine.memoryBytes;
  const parts = [
    countOf(machine.cpus, 'CPU'),
    ...(bytes === null ? [] : [`${(bytes / 1e9).toFixed(1)} GB`]),
    ...(machine.gpus === 0 ? [] : [countOf(machine.gpus, 'GPU')]),
  ];
  const what = `${isMachineAssumed ? 'as if each were this one' : isCluster ? 'as pipeline.yaml says' : 'this one'}: ${parts.join(', ')}`;
  const hint = isMachineAssumed ? '; say slurm: { machine: { cpus: …, memory: …, gpus: … } }' : '';
  const over = cost.unknown.length > 0 ? 'over ' : '';
  const counts = [`cost: ${over}${wordTotal(total)}`, `machines, ${what}${hint}`];
  if (jobs === null) return counts;
  const tasks = `jobs: ${jobs.tasks}, by at least ${countOf(jobs.submissions, 'call')} of sbatch`;
  const slots = `${queued} queued or running, ${throttle} of an array running at once`;
  return [...counts, `${tasks}; at most ${slots}; none is taken to wait for the cluster`];
}

/** What all stages take, in every unit that is billed. */
function wordTotal({ nodeHours, cpuHours, gpuHours }: Amounts): string {
  const gpus = gpuHours.most > 0 ? `, ${wordHours(gpuHours)} GPU-hours` : '';
  return `${wordHours(nodeHours)} node-hours, ${wordHours(cpuHours)} CPU-hours${gpus}`;
}

function wordFinish({ finish }: Forecast, cost: PricedForecast, telling: ForecastTelling): string {
  const { least, most } = finish;
  const isOpen = cost.stages.some(({ unknown }) => unknown.length > 0);
  const range = least === most ? wordSpan(most) : `${wordSpan(least)} to ${wordSpan(most)}`;
  return `expected finish: ${isOpen ? 'over ' : ''}${range} after the start (by ${wordClock(most, telling.now)})`;
}

function wordSpan(seconds: number): string {
  return seconds >= 48 * HOUR
    ? `${(seconds / 24 / HOUR).toFixed(1)} days`
    : formatInterval(seconds);
}
