/** Rounds of measurements → what `compare.ts` prints of them. */

import type { Side } from './compare-sides.ts';
import type { Machine } from './machine.ts';
import { median } from './measure.ts';
import { spreadOf } from './rounds.ts';
import type { MeasuredLine } from './run-together.ts';
import { formatTable } from './table.ts';

/** What the processes of each side printed in one round. */
export type RoundResults = ReadonlyMap<Side, readonly MeasuredLine[]>;

/** What was measured, the same on all sides. */
export interface Measured {
  /** `training` or `evaluation`. */
  readonly measured: string;
  /** Images a batch. */
  readonly batch: number;
  readonly width: number;
  readonly processes: number;
  readonly threads: number;
}

/** A value for each side that was measured. */
type BySide<Value> = Partial<Record<Side, Value>>;

/** The line to print about one model. */
export interface Summary extends Measured {
  readonly model: string;
  /** PyTorch's version; absent where it was not measured. */
  readonly torch?: string;
  /** Medians over the rounds; milliseconds are those of a batch, of all processes together. */
  readonly ms: BySide<number>;
  readonly images_per_s: BySide<number>;
  /** Our images a second by those of each other side: of the medians, and of each round. */
  readonly ratio: BySide<number>;
  readonly ratios: BySide<readonly number[]>;
  /** Milliseconds of each round. */
  readonly rounds_ms: BySide<readonly number[]>;
  /** (slowest − fastest round) / median. */
  readonly spread: BySide<number>;
  /** Of the process that took most memory. */
  readonly rss_mb: BySide<number>;
}

/** Sums a model's rounds up. Images a second of processes that ran together are added. */
export function summarize(
  model: string,
  sides: readonly Side[],
  rounds: readonly RoundResults[],
  measured: Measured,
): Summary {
  const linesOf = (side: Side) => rounds.map((round) => round.get(side) ?? []);
  const speeds = new Map(
    sides.map((side) => [
      side,
      linesOf(side).map((lines) => lines.reduce((sum, line) => sum + line.images_per_s, 0)),
    ]),
  );
  const speedsOf = (side: Side) => speeds.get(side) ?? [];
  const milliseconds = (speed: number) => round((1000 * measured.batch) / speed, 2);
  const bySide = <Value>(give: (side: Side) => Value, of = sides): BySide<Value> =>
    Object.fromEntries(of.map((side) => [side, give(side)]));
  const others = sides.includes('ours') ? sides.filter((side) => side !== 'ours') : [];
  const torch = sides
    .flatMap(linesOf)
    .flat()
    .find((line) => line.torch !== undefined)?.torch;
  return {
    model,
    ...measured,
    ...(torch === undefined ? {} : { torch }),
    ms: bySide((side) => milliseconds(median(speedsOf(side)))),
    images_per_s: bySide((side) => median(speedsOf(side))),
    ratio: bySide((side) => round(median(speedsOf('ours')) / median(speedsOf(side)), 3), others),
    ratios: bySide(
      (side) =>
        speedsOf('ours').map((speed, index) => round(speed / (speedsOf(side)[index] ?? 0), 3)),
      others,
    ),
    rounds_ms: bySide((side) => speedsOf(side).map(milliseconds)),
    spread: bySide((side) => round(spreadOf(speedsOf(side)), 3)),
    rss_mb: bySide((side) =>
      Math.max(...linesOf(side).flatMap((lines) => lines.map((line) => line.rss_mb))),
    ),
  };
}

const TITLES: Readonly<Record<Side, string>> = {
  ours: 'ours',
  base: 'base',
  pytorch: 'PyTorch',
  channels_last: 'channels_last',
};

/** The table: milliseconds of each side, and our speed by that of each other, with its rounds' range. */
export function formatComparison(
  machine: Machine,
  sides: readonly Side[],
  summaries: readonly Summary[],
): string {
  const others = sides.filter((side) => side !== 'ours');
  const head = [
    'model',
    ...sides.map((side) => `${TITLES[side]} ms`),
    ...(others.length < sides.length ? others.map((side) => `by ${TITLES[side]}`) : []),
  ];
  const rows = summaries.map(({ model, ms, ratio, ratios }) => [
    model,
    ...sides.map((side) => String(ms[side])),
    ...others.flatMap((side) => {
      const [whole, each] = [ratio[side], ratios[side]];
      if (whole === undefined || each === undefined) return [];
      const range = [Math.min(...each), Math.max(...each)].map((value) => value.toFixed(2));
      return [`${whole.toFixed(2)} (${range.join('–')})`];
    }),
  ]);
  const [first] = summaries;
  const { cpu, vector, block, cores, date, load, node, onnxruntime, commit } = machine;
  const told = [
    `${cpu}, ${vector ?? 'vectors unknown'}, ${cores} cores, blocks of ${block ?? 'none'}`,
    `${date}, load ${load}, commit ${commit ?? 'unknown'}, Node ${node}`,
    `onnxruntime ${onnxruntime}${first?.torch === undefined ? '' : `, PyTorch ${first.torch}`}`,
    `${first?.measured}, batch ${first?.batch}, width ${first?.width}`,
    `${first?.processes} × ${first?.threads} threads`,
  ];
  return `${told.join('; ')}\n\n${formatTable(head, rows)}`;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
