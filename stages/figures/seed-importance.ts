/**
 * The stage `plot-seed-importance`: training loss on random labels against steps, of a training that
 * is interrupted and resumed with its seed, without one, and of one that is never interrupted.
 */

import type { StageContext } from 'rederive/contract';
import { compileSchema } from '../../experiment/data/json.ts';
import { captionRuns, readOverrides } from '../../experiment/plot/captions.ts';
import { type Figure, writeFigure } from '../../experiment/plot/figure.ts';
import { groupBy } from '../../experiment/plot/replicates.ts';
import { describeScale } from '../../experiment/plot/scale.ts';
import { smoothCurve, thinLosses } from '../../experiment/plot/smooth.ts';
import { AID_COLOR, NOTE_SIZE } from '../../experiment/plot/theme.ts';
import { schemaOf } from '../../experiment/recorded/fields.ts';
import { checkLine, readJsonLines } from '../../experiment/recorded/json-lines.ts';
import {
  listInputs,
  readTrainingRun,
  type TrainingRun,
} from '../../experiment/recorded/read-runs.ts';
import { START_FIELDS, type TrainingStart } from '../../experiment/recorded/start.ts';

const COLUMNS = ['restart', 'experiment', 'seed', 'step', 'epoch', 'loss', 'smoothed'] as const;

/** A training with its starts; the first begins with nothing done. */
export interface RestartedRun {
  readonly run: TrainingRun;
  readonly starts: readonly TrainingStart[];
  readonly restart: 'straight' | 'seeded' | 'unseeded';
}

const SIZES = {
  page: { width: 560, height: 280 },
  paper: { width: 480, height: 220 },
};

/** Random labels have the colour that they have in figure 1a; without a seed they are others. */
const KINDS = [
  { restart: 'straight', name: 'Never interrupted', color: '#b3b3b3', width: 5 },
  { restart: 'seeded', name: 'Resumed with its seed', color: '#d55e00', width: 1.6 },
  { restart: 'unseeded', name: 'Resumed without a seed', color: '#5e3c99', width: 1.6 },
] as const;

const validateStart = compileSchema<TrainingStart>(schemaOf(START_FIELDS));

/** Runs the stage. Reads inputs `metrics` and `starts`, writes `spec`, `svg`, `png` and `csv`. */
export async function run(context: StageContext): Promise<void> {
  const overrides = readOverrides(context);
  const starts = listInputs(context, 'starts');
  const runs: RestartedRun[] = [];
  for (const input of listInputs(context, 'metrics')) {
    const { restart } = input.cell as { readonly restart: RestartedRun['restart'] };
    const own = starts.filter(({ cell }) => cell['restart'] === restart);
    const lines = await Promise.all(own.map(readJsonLines));
    runs.push({
      run: await readTrainingRun(input),
      restart,
      starts: lines.flat().map((line) => checkLine(input, line, validateStart)),
    });
  }
  await writeFigure(context, '', drawSeedImportance(overrides, runs));
  context.emit({ type: 'summary', values: { runs: runs.length } });
}

/** Draws the curves of runs in any order. */
export function drawSeedImportance(
  overrides: readonly string[],
  runs: readonly RestartedRun[],
): Figure<(typeof COLUMNS)[number]> {
  const kinds = KINDS.flatMap((kind) => {
    const found = runs.find(({ restart }) => restart === kind.restart);
    return found === undefined ? [] : [{ ...kind, ...found }];
  });
  const stretches = kinds.flatMap(({ name, restart, run: { steps, experiment }, starts }) => {
    const window = steps.filter(({ epoch }) => epoch === 1).length;
    const startOf = (step: number) => starts.findLast((start) => start.step < step);
    // Where data are new, smoothed start by start, so that a jump stays one; with its seed a training goes on.
    const partOf = (step: number) => (restart === 'unseeded' ? String(startOf(step)?.step) : '');
    return groupBy(steps, ({ step }) => partOf(step)).map((stretch) => {
      const losses = stretch.map(({ loss }) => loss);
      const smoothed = smoothCurve(losses, window);
      return stretch.map(({ step, epoch, loss }, index) => ({
        restart: name,
        experiment,
        seed: startOf(step)?.seed ?? null,
        step,
        epoch,
        loss,
        smoothed: smoothed[index] ?? loss,
      }));
    });
  });
  const rows = stretches.flat();
  const lastStep = rows.reduce((last, { step }) => Math.max(last, step), 0);
  const restarts = kinds.find(({ restart }) => restart !== 'straight')?.starts.slice(1) ?? [];
  const top = chooseTop(rows);
  const tooltip = COLUMNS.map((field) => ({ field }));
  const x = {
    field: 'step',
    type: 'quantitative',
    title: 'training steps',
    axis: { tickCount: 6 },
    scale: { domain: [0, lastStep], nice: false },
  };
  const color = {
    field: 'restart',
    type: 'nominal',
    scale: { domain: kinds.map(({ name }) => name), range: kinds.map((kind) => kind.color) },
    legend: { symbolType: 'stroke', symbolSize: 260, symbolStrokeWidth: 2.5 },
  };
  const all = kinds.map((kind) => kind.run);
  return {
    title: 'The importance of the seed: resuming a training on random labels',
    caption: captionRuns(
      overrides,
      all.filter((_, i) => i === 0),
      [
        ...compareToStraight(runs),
        'Without a seed each start draws random labels and split anew.',
        `${all[0]?.model}, on a random 80% of all images.`,
        `Interrupted amid epochs ${restarts.map(({ epoch }) => epoch + 1).join(' and ')}, and resumed ` +
          'from the checkpoint of the epoch before.',
        ...(rows.some(({ loss }) => loss > top) ? [`Losses above ${top} are cut off.`] : []),
        'Thin: loss of a batch; thick: mean over an epoch of steps, without a seed of each start by itself.',
        ...describeScale(all),
      ],
    ),
    description:
      'Line chart: mean training loss against training steps for ' +
      `${kinds.map(({ name }) => name.toLowerCase()).join(', ')}; lines mark where it was resumed.`,
    width: 610,
    // Of each pixel the lowest and the highest loss, however many steps there are.
    values: stretches.flatMap((stretch) => thinLosses(stretch, SIZES.page.width, lastStep)),
    chart: (medium) => ({
      ...SIZES[medium],
      encoding: { x, color, detail: { field: 'experiment', type: 'nominal' } },
      layer: [
        ...drawRestarts(restarts, SIZES[medium].height),
        {
          transform: [{ filter: `datum.restart !== '${KINDS[0].name}'` }],
          mark: { type: 'line', strokeWidth: 0.7, opacity: 0.28, clip: true },
          encoding: { y: { field: 'loss', type: 'quantitative' } },
        },
        ...kinds.map(({ name, width }) => ({
          transform: [{ filter: `datum.restart === '${name}'` }],
          mark: { type: 'line', strokeWidth: width, clip: true, strokeJoin: 'round' },
          encoding: {
            y: {
              field: 'smoothed',
              type: 'quantitative',
              title: 'mean training loss (nats)',
              scale: { domain: [0, top], nice: false },
            },
            tooltip,
          },
        })),
      ],
    }),
    csv: { columns: COLUMNS, rows },
  };
}

/** The top of the axis: above all losses, but of no batch alone more than twice the height of all means. */
function chooseTop(rows: readonly { readonly loss: number; readonly smoothed: number }[]): number {
  const highest = rows.reduce((most, { loss }) => Math.max(most, loss), 2.5);
  const mean = rows.reduce((most, { smoothed }) => Math.max(most, smoothed), 2.5);
  return Math.ceil(2 * Math.min(highest, 2 * mean)) / 2;
}

function drawRestarts(restarts: readonly TrainingStart[], height: number): readonly object[] {
  const data = { values: restarts.map(({ step }) => ({ step })) };
  const none = { color: null, detail: null };
  return [
    {
      data,
      mark: { type: 'rule', strokeDash: [6, 4], color: AID_COLOR },
      encoding: { ...none, y: { value: 0 }, y2: { value: height } },
    },
    {
      data,
      mark: {
        type: 'text',
        text: 'resumed',
        align: 'right',
        baseline: 'top',
        dx: -5,
        color: AID_COLOR,
        fontSize: NOTE_SIZE,
      },
      encoding: { ...none, y: { value: 2 } },
    },
  ];
}

/** Says whether resuming with the seed gave the very losses of the training without interruption. */
function compareToStraight(runs: readonly RestartedRun[]): string[] {
  const stepsOf = (restart: RestartedRun['restart']) =>
    runs.find((one) => one.restart === restart)?.run.steps;
  const [straight, seeded] = [stepsOf('straight'), stepsOf('seeded')];
  if (straight === undefined || seeded === undefined) return [];
  const agree = JSON.stringify(straight) === JSON.stringify(seeded);
  return [
    agree
      ? 'With its seed the losses are those of a run never interrupted; without one it meets new data.'
      : 'With its seed the losses differ from those of a run never interrupted.',
  ];
}
