/** A forecast, in text and in JSON. */

import type { Forecast, ForecastNode, ForecastState } from '../../forecast/forecast.ts';
import { stageOf } from '../../graph/node-name.ts';
import type { Prediction } from '../../inspect/durations.ts';
import { listNames } from '../../pipeline-file/diagnostic.ts';
import { countOf, formatDuration, formatInterval } from '../../progress/units.ts';
import type { Attentions } from '../../session/find-attention.ts';
import type { LookWarning } from '../../session/list-warnings.ts';
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
  { jobs, now, isVerbose }: ForecastTelling,
): string {
  const { nodes, unknown, impossible, criticalPath } = forecast;
  const lines = isVerbose ? listNodes(nodes) : foldNodes(nodes, attentions);
  lines.push('', `${countOf(nodes.length, 'node')}: ${wordTotals(forecast) || 'nothing'}`);
  const runs = nodes.filter(({ prediction }) => prediction !== null);
  if (runs.length === 0) return lines.join('\n');
  if (criticalPath.nodes.length > 0) {
    lines.push(
      `critical path: ${wordDuration(criticalPath.seconds)} by ${wordChain(criticalPath.nodes)}`,
    );
  }
  // Of what runs nothing may be known at all.
  if (unknown.length === runs.length) {
    return [...lines, 'expected finish: unknown, since nothing of it has run yet'].join('\n');
  }
  lines.push(`expected finish: ${wordFinish(forecast, jobs, now)}`);
  if (unknown.length > 0) {
    const stages = new Set(unknown.map(stageOf));
    lines.push(`no run is known of ${listNames(stages, NAMED_NODES)}: counted as nothing`);
  }
  if (impossible.length > 0) {
    lines.push(`this machine has too few GPUs for ${listNames(impossible, NAMED_NODES)}`);
  }
  return lines.join('\n');
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
function wordGroupTime(predictions: readonly Prediction[]): string {
  const known = predictions.flatMap(({ seconds }) => seconds ?? []);
  if (known.length === 0) return ', for an unknown time';
  const total = wordDuration(known.reduce((sum, seconds) => sum + seconds, 0));
  const atLeast = known.length < predictions.length ? 'at least ' : '';
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
      predictedFrom: prediction?.basis ?? null,
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
  const end = new Date(now.getTime() + most * 1000);
  const clock = [end.getHours(), end.getMinutes()].map((part) => String(part).padStart(2, '0'));
  return `${atLeast}${range}, with ${countOf(jobs, 'job')} (done about ${clock.join(':')})`;
}

function wordPrediction(prediction: Prediction): string {
  if (prediction.basis === 'none') return 'for an unknown time';
  return `${wordDuration(prediction.seconds)}${wordBasis(prediction)}`;
}

function wordBasis(prediction: Prediction): string {
  switch (prediction.basis) {
    case 'node':
    case 'none':
      return '';
    case 'alike':
      return ` (median of its stage at the same ${prediction.axis})`;
    case 'stage':
      return ' (median of its stage)';
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
