/** Brings the images of a batch to where the model reads them: chosen, cut out and normalised. */

import { Bindings, type Pass } from '../pass.ts';
import { positionsOf, type Store, type View } from '../tensors.ts';
import { spread } from './product.ts';
import { float } from './text.ts';

const THREADS = 256;

/** Images as a data set or a batch holds them, [N, C, height, width]. */
export interface ImageSource {
  /** Bytes, four a word, or numbers that are normalised already. */
  readonly kind: 'bytes' | 'numbers';
  readonly images: Store;
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
  const from = bindings.read(source.images, kind === 'bytes' ? 'u32' : 'f32');
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
    ? `let word = ${corner}[sample / 2u] >> (sample % 2u * 16u);
    let top = word & 255u; let left = (word >> 8u) & 255u;`
    : `let top = ${margins[0]}u; let left = ${margins[1]}u;`;
  const code = `${bindings.code}
${
  kind === 'bytes'
    ? `const SCALES = array<f32, ${channels}>(${values(scales)});
const SHIFTS = array<f32, ${channels}>(${values(shifts)});`
    : ''
}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) t: u32) {
  let at = (group.y * groups.x + group.x) * ${THREADS}u + t;
  if (at >= step.batch * ${each}u) { return; }
  let n = at / ${each}u; let rest = at % ${each}u;
  ${pick}
  var value = 0.0f;
  if (${flat ? `rest < ${numbers}u` : `c < ${channels}u`}) {
    let sample = ${places ? `${places}[step.first + n]` : 'step.first + n'};
    ${cut}
    let y = top + p / ${width}u; let x = left + p % ${width}u;
    let place = ((sample * ${channels}u + c) * ${source.height}u + y) * ${source.width}u + x;
    ${
      kind === 'numbers'
        ? `value = ${from}[place];`
        : `let byte = (${from}[place / 4u] >> (place % 4u * 8u)) & 255u;
    var scales = SCALES; var shifts = SHIFTS;
    value = f32(byte) * scales[c] + shifts[c];`
    }
  }
  ${to}[at] = value;
}
`;
  return {
    label: 'gather',
    code,
    bindings: bindings.list,
    grid: (batch) => spread(Math.ceil((batch * each) / THREADS)),
    flops: 0,
    bytes: (batch) => batch * (each * 4 + numbers * (kind === 'bytes' ? 1 : 4)),
  };
}
