/** Brings the images of a batch to where the model reads them: chosen, cut out and normalised. */

import { Bindings, type Pass } from '../pass.ts';
import { positionsOf, type Store, type View } from '../tensors.ts';
import { float } from './text.ts';
import { passOfThreads } from './threads.ts';

/** Images as a data set or a batch holds them, [N, C, height, width]. */
export interface ImageSource {
  /** Bytes, four a word, or numbers that are normalised already. */
  readonly kind: 'bytes' | 'numbers';
  /** In pieces of `samplesEach` where they are too many for one. */
  readonly images: readonly Store[];
  readonly samplesEach?: number | undefined;
  readonly height: number;
  readonly width: number;
  /** Whole numbers: which sample is at each place of the epoch; without, each at its own. */
  readonly order?: Store | undefined;
  /** Of each sample in two bytes, row and column, where it is cut out; without, at the centre. */
  readonly corners?: Store | undefined;
  /** Each by channel: number = byte · scale + shift. */
  readonly scales?: readonly number[];
  readonly shifts?: readonly number[];
}

/** The pass that fills `out`, whose places are those of its channels in the order of the model. */
export function gatherPass(
  source: ImageSource,
  [channels, height, width]: readonly [number, number, number],
  out: View,
): Pass {
  const bindings = new Bindings();
  const { order, corners, kind } = source;
  const type = kind === 'bytes' ? 'u32' : 'f32';
  const pieces = source.images.map((images) => bindings.read(images, type));
  const places = order && bindings.read(order, 'u32');
  const corner = corners && bindings.read(corners, 'u32');
  const to = bindings.write(out.store, 'f32');
  const flat = positionsOf(out) === 1 && out.channels !== channels;
  const each = positionsOf(out) * out.channels;
  const numbers = channels * height * width;
  const values = (list: readonly number[]): string => list.map(float).join(', ');
  const { scales = [], shifts = [] } = source;
  const pick = flat
    ? `let c = rest / ${height * width}u; let p = rest % ${height * width}u;`
    : `let c = rest % ${out.channels}u; let p = rest / ${out.channels}u;`;
  const margins = [(source.height - height) >> 1, (source.width - width) >> 1];
  const cut = corner
    ? `let cutAt = ${corner}[sample / 2u] >> (sample % 2u * 16u);
    let top = cutAt & 255u; let left = (cutAt >> 8u) & 255u;`
    : `let top = ${margins[0]}u; let left = ${margins[1]}u;`;
  const { fetch, within } = writeFetch(source, pieces);
  const before =
    kind === 'bytes'
      ? `const SCALES = array<f32, ${channels}>(${values(scales)});
const SHIFTS = array<f32, ${channels}>(${values(shifts)});`
      : '';
  const body = `let n = at / ${each}u; let rest = at % ${each}u;
  ${pick}
  var value = 0.0f;
  if (${flat ? `rest < ${numbers}u` : `c < ${channels}u`}) {
    let sample = ${places ? `${places}[step.first + n]` : 'step.first + n'};
    ${cut}
    let y = top + p / ${width}u; let x = left + p % ${width}u;
    let place = ((${within} * ${channels}u + c) * ${source.height}u + y) * ${source.width}u + x;
    ${fetch}
    ${
      kind === 'numbers'
        ? 'value = word;'
        : `let byte = (word >> (place % 4u * 8u)) & 255u;
    var scales = SCALES; var shifts = SHIFTS;
    value = f32(byte) * scales[c] + shifts[c];`
    }
  }
  ${to}[at] = value;`;
  const bytesEach = each * 4 + numbers * (kind === 'bytes' ? 1 : 4);
  return passOfThreads({
    label: 'gather',
    bindings,
    each,
    before,
    body,
    bytes: (batch) => batch * bytesEach,
  });
}

/** Reads `word`, the one in which the number at `place` lies, counted from the piece that has the sample. */
function writeFetch(
  { kind, samplesEach }: ImageSource,
  pieces: readonly string[],
): { fetch: string; within: string } {
  const number = kind === 'bytes' ? 'place / 4u' : 'place';
  if (samplesEach === undefined) {
    return { fetch: `let word = ${pieces[0]}[${number}];`, within: 'sample' };
  }
  const type = kind === 'bytes' ? 'u32' : 'f32';
  const cases = pieces.map((piece, index) => `case ${index}u: { word = ${piece}[${number}]; }`);
  return {
    fetch: `var word = ${type}(0);
    switch (sample / ${samplesEach}u) { ${cases.join(' ')} default: {} }`,
    within: `(sample % ${samplesEach}u)`,
  };
}
