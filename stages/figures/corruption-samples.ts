/**
 * The stage `plot-corruption-samples`: the same eight training images, in the crop that the models
 * see, under each randomization test, with their labels.
 */

import type { JobInput, StageContext } from 'rederive/contract';
import { nameTest, RANDOMIZATION_TESTS } from '../../experiment/corruption/randomization-tests.ts';
import { type DatasetInfo, readDataset } from '../../experiment/data/dataset.ts';
import { fail } from '../../experiment/data/failure.ts';
import { CHANNEL_COUNT, CROP_SIZE, type LabeledImages } from '../../experiment/data/images.ts';
import {
  formatCount,
  nameDataset,
  readOverrides,
  wordOverrides,
} from '../../experiment/plot/captions.ts';
import { encodePicture, readPixels } from '../../experiment/plot/crops.ts';
import { type Figure, writeFigure } from '../../experiment/plot/figure.ts';
import { choosePixel, followPixel } from '../../experiment/plot/follow-pixel.ts';
import { drawRings, placeRing } from '../../experiment/plot/pixel-rings.ts';
import { AID_COLOR } from '../../experiment/plot/theme.ts';
import { listInputs } from '../../experiment/recorded/read-runs.ts';

const COLUMNS = ['test', 'run', 'position', 'image', 'label', 'true_label'] as const;

/** So many images are shown, of different classes as far as there are. */
const SHOWN = 8;
/** Distances of columns and rows, and the side of an image, in pixels. */
const COLUMN = 80;
const ROW = 100;
/** In a PNG of twice the size each pixel of an image is a square of five. */
const SIDE = 70;
/** Labels that are not the true ones. */
const CHANGED_COLOR = '#b34700';

/** What is shown of one data folder. */
export interface Sample {
  /** The run that made it, for instance `0.0_none`. */
  readonly run: string;
  readonly info: DatasetInfo;
  readonly train: LabeledImages;
}

/**
 * Runs the stage. Reads input `data`, writes outputs `spec`, `svg`, `png` and `csv`.
 *
 * @throws StageFailure where the uncorrupted data is not among the inputs
 */
export async function run(context: StageContext): Promise<void> {
  const overrides = readOverrides(context);
  const samples: Sample[] = [];
  let chosen: readonly number[] | undefined;
  for (const input of listInputs(context, 'data').toSorted(compareInputs)) {
    const { info, train } = await readDataset(input.path);
    chosen ??= chooseImages(info, train);
    // What is kept of a data set is small: the next may be as large as memory allows.
    samples.push({ run: nameRun(input), info, train: pickImages(train, chosen) });
  }
  await writeFigure(context, '', drawSamples(overrides, chosen ?? [], samples));
  context.emit({ type: 'summary', values: { images: SHOWN, tests: samples.length } });
}

/** Uncorrupted data comes first: its labels are the true ones. */
function compareInputs(a: JobInput, b: JobInput): number {
  const rank = ({ cell }: JobInput) => Number(cell['corruption'] !== 'none' || cell['p'] !== 0);
  return rank(a) - rank(b) || (nameRun(a) < nameRun(b) ? -1 : 1);
}

function nameRun({ node = '' }: JobInput): string {
  return node.slice(node.indexOf('/') + 1);
}

/** The first images of as many classes as can be shown, in the order of the data set. */
function chooseImages(info: DatasetInfo, { labels, count }: LabeledImages): readonly number[] {
  if (info.corruption !== 'none' || info.p !== 0) {
    return fail('expected the uncorrupted data among the inputs, whose labels are the true ones');
  }
  const indices = Array.from({ length: count }, (_, i) => i);
  const firsts = indices.filter((i) => labels.indexOf(labels[i] as number) === i);
  const others = indices.slice(0, SHOWN).filter((i) => !firsts.includes(i));
  return [...firsts, ...others].slice(0, SHOWN).sort((a, b) => a - b);
}

/** Copies images [N, 3, size, size] and their labels. */
function pickImages(samples: LabeledImages, indices: readonly number[]): LabeledImages {
  const [, , size = CROP_SIZE] = samples.images.shape;
  const length = CHANNEL_COUNT * size * size;
  const { data } = samples.images;
  const picked =
    data instanceof Uint8Array
      ? new Uint8Array(indices.length * length)
      : new Float32Array(indices.length * length);
  for (const [place, i] of indices.entries()) {
    picked.set(data.subarray(i * length, (i + 1) * length), place * length);
  }
  return {
    images: { shape: [indices.length, CHANNEL_COUNT, size, size], data: picked },
    labels: Uint8Array.from(indices, (i) => samples.labels[i] ?? fail(`no image ${i}`)),
    count: indices.length,
  };
}

/**
 * Draws samples of the same images, those without corruption first.
 *
 * @param indices - their places in the training set
 * @throws StageFailure where there are no data, or not so many images
 */
export function drawSamples(
  overrides: readonly string[],
  indices: readonly number[],
  samples: readonly Sample[],
): Figure<(typeof COLUMNS)[number]> {
  const [original] = samples;
  if (original === undefined) return fail('there are no data to show');
  const { info } = original;
  const shown = keepFirstSeeds(samples);
  const tests = shown.map(({ info }) => nameSample(info));
  const originals = readPixels(original.train);
  const chosen = choosePixel(originals);
  const rows = shown.flatMap(({ run, info: { classes, corruption, p }, train }, i) => {
    const pixels = readPixels(train);
    const isFollowed = FOLLOWED.includes(corruption) && p === 0;
    return indices.map((image, position) => ({
      ...(isFollowed
        ? placeRing(followPixel(originals, pixels, position, chosen), SIDE, -RAISED)
        : {}),
      test: tests[i] ?? '',
      run,
      position,
      image,
      label: classes[train.labels[position] as number] ?? '',
      true_label: classes[original.train.labels[position] as number] ?? '',
      picture: encodePicture(pixels, position),
    }));
  });
  return {
    title: 'The randomization tests: the same eight training images',
    caption: {
      summary: [
        nameDataset({ dataset: info.name, synthetic: info.synthetic }),
        `n = ${indices.length} of ${formatCount(info.train)} training images`,
        `seed ${info.seed}`,
        ...wordOverrides(overrides),
      ],
      notes: [
        'Below each image the label that models are trained on; orange: not the true one.',
        ...(shown.some(({ info }) => PERMUTED.includes(info.corruption))
          ? ['Rings: one pixel of each image, and where the permutation of pixels has brought it.']
          : []),
        ...describeChance(rows),
        `Shown are the central ${CROP_SIZE}×${CROP_SIZE} pixels, which the models see; Gaussian pixels are clipped.`,
      ],
    },
    description:
      `A table of pictures: a row for each of ${tests.map((test) => test.toLowerCase()).join(', ')}, ` +
      `a column for each of ${indices.length} images; below each its label.`,
    width: SHOWN * COLUMN + 110,
    values: rows,
    chart: () => ({
      width: { step: COLUMN },
      height: { step: ROW },
      encoding: {
        x: { field: 'position', type: 'ordinal', axis: null },
        y: {
          field: 'test',
          type: 'ordinal',
          sort: tests,
          axis: {
            title: null,
            grid: false,
            domain: false,
            labelExpr: ROW_LABELS,
            labelFontSize: 12.5,
            labelPadding: 4,
          },
        },
        tooltip: COLUMNS.map((column) => ({ field: column })),
      },
      layer: [
        {
          mark: { type: 'image', width: SIDE, height: SIDE, yOffset: -RAISED, smooth: false },
          encoding: { url: { field: 'picture' } },
        },
        ...drawRings(),
        {
          mark: { type: 'text', dy: 38, fontSize: 11 },
          encoding: {
            text: { field: 'label' },
            color: {
              condition: { test: 'datum.label !== datum.true_label', value: CHANGED_COLOR },
              value: AID_COLOR,
            },
          },
        },
      ],
    }),
    csv: { columns: COLUMNS, rows },
  };
}

/** Permutations of pixels, and what shows where a pixel was before. */
const PERMUTED: readonly string[] = ['shuff_pix', 'rand_pix'];
const FOLLOWED: readonly string[] = ['none', ...PERMUTED];
/** Pictures stand this far above the middle of their rows, for the labels below. */
const RAISED = 9;

/** The two permutations look alike: what tells them apart stands in a second line. */
const ROW_LABELS =
  "datum.label === 'Shuffled pixels' ? [datum.label, 'the same for all'] : " +
  "datum.label === 'Random pixels' ? [datum.label, 'another for each'] : datum.label";

/** Says how many of the random labels are the true ones, which looks like a mistake. */
function describeChance(
  rows: readonly { readonly test: string; readonly label: string; readonly true_label: string }[],
): string[] {
  const random = rows.filter(({ test }) => test === 'Random labels');
  const same = random.filter((row) => row.label === row.true_label).length;
  if (same === 0) return [];
  return [
    `Of the random labels ${same} of ${random.length} ${same === 1 ? 'is' : 'are'} true by chance.`,
  ];
}

/** Of several seeds of one corruption the lowest, in the order of the paper's tests. */
function keepFirstSeeds(samples: readonly Sample[]): readonly Sample[] {
  const order = ['True labels', ...RANDOMIZATION_TESTS.map(({ name }) => name)];
  const rank = ({ info }: Sample) => {
    const isPartial = info.corruption === 'none' && info.p > 0 && info.p < 1;
    return isPartial ? info.p : 2 * order.indexOf(nameSample(info));
  };
  const bySeed = samples.toSorted((a, b) => rank(a) - rank(b) || a.info.seed - b.info.seed);
  const names = bySeed.map(({ info }) => nameSample(info));
  return bySeed.filter(({ info }, i) => names.indexOf(nameSample(info)) === i);
}

function nameSample(info: DatasetInfo): string {
  const { corruption, p, name } = info;
  const isPartial = corruption === 'none' && p > 0 && p < 1;
  return isPartial ? `Label noise, p = ${p}` : nameTest({ experiment: name, corruption, p });
}
