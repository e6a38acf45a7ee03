/** A forecast, in text and in JSON. */

import type { Forecast, ForecastNode, ForecastState } from '../../forecast/forecast.ts';
import type { ForecastPrediction } from '../../forecast/predictions.ts';
import { stageOf } from '../../graph/node-name.ts';
import { listNames } from '../../pipeline-file/diagnostic.ts';
import { countOf, formatDuration, formatInterval } from '../../progress/units.ts';
import { wordHours } from '../../session/check-budget.ts';
import type { Attentions } from '../../session/find-attention.ts';
import type { LookWarning } from '../../session/list-warnings.ts';
import type { PricedForecast } from '../../session/price-forecast.ts';
import { foldStages, wordAttention } from './fold-stages.ts';
import { withWarnings, wordAcceptance } from './print-plan.ts';

const MEANING: Readonly<Record<ForecastState, string>> = {
  'up-to-date': 'up to date',
  cached: 'cached, to be put back in place',
  'running-elsewhere': 'running elsewhere',
  run: 'will run',
  'depends-on-upstream': 'may run',
  unreadable: 'cannot run: its inputs cannot be read',
};

/** A run that takes less is not worth a line on what it costs. */
const NOTED_HOURS = 0.1;
/** So many nodes of a list are named, more are counted. */
const NAMED_NODES = 8;

/** How a forecast is told. */
export interface ForecastTelling {
  readonly jobs: number;
  /** When the run would start. */
  readonly now: Date;
  /** Whether each node gets a line. */
  readonly isVerbose: boolean;
}

/**
 * A forecast for people: what each stage would do, or a line a node, then totals, the critical path
 * and the expected finish.
 */
export function formatForecast(
  forecast: Forecast,
  attentions: Attentions,
  { total }: Pick<PricedForecast, 'total'>,
  telling: ForecastTelling,
): string {
  const { nodes, unknown, impossible } = forecast;
  const lines = formatStates(forecast, attentions, telling);
  const runs = nodes.filter(({ prediction }) => prediction !== null);
  if (runs.length === 0) return lines.join('\n');
  const shortage =
    impossible.length > 0
      ? [`this machine has too few GPUs for ${listNames(impossible, NAMED_NODES)}`]
      : [];
  // Of what runs nothing may be known at all.
  if (unknown.length === runs.length) {
    lines.push('expected finish: unknown, since nothing of it has run yet', ...shortage);
    return lines.join('\n');
  }
  lines.push(`expected finish: ${wordFinish(forecast, telling.jobs, telling.now)}`);
  if (total.cpuHours.most >= NOTED_HOURS)
    lines.push(`cost: ${wordHours(total.cpuHours)} CPU-hours`);
  if (unknown.length > 0) {
    const stages = new Set(unknown.map(stageOf));
    lines.push(`no run is known of ${listNames(stages, NAMED_NODES)}: counted as nothing`);
  }
  return [...lines, ...shortage].join('\n');
}

/** What each stage would do, or a line a node, then how many there are, and the critical path. */
export function formatStates(
  forecast: Forecast,
  attentions: Attentions,
  { isVerbose }: ForecastTelling,
): string[] {
  const { nodes, criticalPath } = forecast;
  const lines = isVerbose ? listNodes(nodes) : foldNodes(nodes, attentions);
  lines.push('', `${countOf(nodes.length, 'node')}: ${wordTotals(forecast) || 'nothing'}`);
  if (criticalPath.nodes.length > 0) {
    lines.push(
      `critical path: ${wordDuration(criticalPath.seconds)} by ${wordChain(criticalPath.nodes)}`,
    );
  }
  return lines;
}

function foldNodes(nodes: readonly ForecastNode[], attentions: Attentions): string[] {
  const predictions = new Map(
    nodes.map(({ planned, prediction }) => [planned.node.id, prediction]),
  );
  const entries = nodes.map(({ planned, state }) => {
    const { node } = planned;
    const attention = attentions.get(node.id);
    const edited = attention?.isEdited === true ? 'edited, ' : '';
    const text = `${edited}${MEANING[state]}${wordAttention(attention)} ${wordAcceptance(planned)}`;
    return { node, text: text.trimEnd(), isCalm: state === 'up-to-date' };
  });
  return foldStages(entries, (group) => {
    const seconds = group.flatMap(({ id }) => predictions.get(id) ?? []);
    return seconds.length === 0 ? '' : wordGroupTime(seconds);
  });
}

/** How long nodes take one after the other. */
function wordGroupTime(predictions: readonly ForecastPrediction[]): string {
  const known = predictions.flatMap(({ seconds }) => seconds ?? []);
  if (known.length === 0) return ', for an unknown time';
  const total = wordDuration(known.reduce((sum, seconds) => sum + seconds, 0));
  const isBound = predictions.some(isUpperBound);
  const atLeast = known.length < predictions.length ? 'at least ' : isBound ? 'at most ' : '';
  return `, ${atLeast}${total}${predictions.length > 1 ? ' in all' : ''}`;
}

function listNodes(nodes: readonly ForecastNode[]): string[] {
  const width = Math.max(...nodes.map(({ planned }) => planned.node.id.length), 0);
  const meaning = Math.max(...nodes.map(({ state }) => MEANING[state].length), 0);
  return nodes.map(({ planned, state, prediction }) => {
    const note = prediction === null ? wordAcceptance(planned) : wordPrediction(prediction);
    const line = `${planned.node.id.padEnd(width)}  ${MEANING[state].padEnd(meaning)}  ${note}`;
    return line.trimEnd();
  });
}

/** A forecast for programs. */
export function describeForecast(
  forecast: Forecast,
  jobs: number,
  warnings: readonly LookWarning[],
) {
  const { nodes, ...rest } = forecast;
  return {
    jobs,
    ...rest,
    nodes: nodes.map(({ planned, state, prediction }) => ({
      ...withWarnings(planned, warnings),
      state,
      predictedSeconds: prediction?.seconds ?? null,
      predictedFrom: prediction?.basis === 'told' ? prediction.source : (prediction?.basis ?? null),
      ...(prediction?.basis === 'told'
        ? { leastSeconds: prediction.least, notes: prediction.notes }
        : {}),
    })),
  };
}

function wordTotals({ nodes, certainSeconds, possibleSeconds }: Forecast): string {
  const seconds: Partial<Record<ForecastState, number>> = {
    run: certainSeconds,
    'depends-on-upstream': possibleSeconds,
  };
  return (Object.keys(MEANING) as ForecastState[])
    .map((state) => ({ state, count: nodes.filter((node) => node.state === state).length }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => {
      const total = seconds[state] ?? 0;
      return `${count} ${MEANING[state]}${total > 0 ? ` (${wordDuration(total)})` : ''}`;
    })
    .join(', ');
}

function wordFinish({ finish, unknown }: Forecast, jobs: number, now: Date): string {
  const { least, most } = finish;
  const atLeast = unknown.length > 0 ? 'at least ' : '';
  const range =
    least === most
      ? wordDuration(most)
      : `${wordDuration(least)} if what may run need not, ${wordDuration(most)} if it must`;
  return `${atLeast}${range}, with ${countOf(jobs, 'job')} (done about ${wordClock(most, now)})`;
}

/** When something ends that takes so many seconds from now: the time, and on another day that. */
export function wordClock(seconds: number, now: Date): string {
  const end = new Date(now.getTime() + seconds * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = `${two(end.getHours())}:${two(end.getMinutes())}`;
  if (end.toDateString() === now.toDateString()) return clock;
  return `${end.getFullYear()}-${two(end.getMonth() + 1)}-${two(end.getDate())} ${clock}`;
}

function isUpperBound(prediction: ForecastPrediction): boolean {
  return prediction.basis === 'told' && prediction.least < prediction.seconds;
}

function wordPrediction(prediction: ForecastPrediction): string {
  if (prediction.basis === 'none') return 'for an unknown time';
  const atMost = isUpperBound(prediction) ? 'at most ' : '';
  return `${atMost}${wordDuration(prediction.seconds)}${wordBasis(prediction)}`;
}

function wordBasis(prediction: ForecastPrediction): string {
  switch (prediction.basis) {
    case 'node':
    case 'none':
      return '';
    case 'alike':
      return ` (median of its stage at the same ${prediction.axis})`;
    case 'stage':
      return ' (median of its stage)';
    case 'told':
      return ` (${prediction.source === 'limit' ? 'its time limit' : prediction.source})`;
    case 'unlike':
      return ' (median of its stage, none of which is like it)';
  }
}

function wordChain(nodes: readonly string[]): string {
  if (nodes.length <= NAMED_NODES) return nodes.join(' → ');
  const half = NAMED_NODES / 2;
  const left = nodes.length - NAMED_NODES;
  return [...nodes.slice(0, half), `… ${left} more …`, ...nodes.slice(-half)].join(' → ');
}

function wordDuration(seconds: number): string {
  return seconds < 60 ? `${formatDuration(seconds)} s` : formatInterval(seconds);
}
