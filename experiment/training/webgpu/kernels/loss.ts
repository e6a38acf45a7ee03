/** Softmax, loss, correct answers and the gradient of the logits, one workgroup, a thread a sample. */

import { Bindings, type Parts, type Pass } from '../pass.ts';
import type { Store, View } from '../tensors.ts';

const THREADS = 256;

/** What the loss is made of and where it goes. */
export interface LossOf {
  readonly logits: View;
  /** Where given, the logits are yet to be added up from these. */
  readonly parts?: Parts | undefined;
  /** Classes as whole numbers; those of a step begin at its `first`. */
  readonly labels: Store;
  /** Where given, of the sample at each place. */
  readonly order?: Store | undefined;
  /** Two numbers a slot: mean loss, number of correct answers. */
  readonly results: Store;
  /** Null in evaluation. */
  readonly gradient: View | null;
}

/** The pass. */
export function lossPass({ logits, parts, labels, order, results, gradient }: LossOf): Pass {
  const bindings = new Bindings();
  const scores = parts ? bindings.write(logits.store, 'f32') : bindings.read(logits.store, 'f32');
  const addUp = parts === undefined ? '' : writeAddition(parts, bindings, scores);
  const classes = bindings.read(labels, 'u32');
  const places = order && bindings.read(order, 'u32');
  const into = bindings.write(results, 'vec2<f32>');
  const back = gradient && bindings.write(gradient.store, 'f32');
  const count = logits.places.length;
  const sample = places ? `${places}[step.first + n]` : 'step.first + n';
  const zeros = Array.from(
    { length: logits.channels - count },
    (_, index) => `${back}[line + ${count + index}u] = 0.0f;`,
  ).join(' ');
  const code = `${bindings.code}
var<workgroup> sums: array<vec2<f32>, ${THREADS}>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(local_invocation_index) t: u32) {
  ${addUp}
  var own = vec2<f32>(0.0f);
  for (var n = t; n < step.batch; n += ${THREADS}u) {
    let line = n * ${logits.stride}u;
    let label = ${classes}[${sample}];
    var most = ${scores}[line]; var best = 0u;
    for (var k = 1u; k < ${count}u; k++) {
      let score = ${scores}[line + k];
      if (score > most) { most = score; best = k; }
    }
    var total = 0.0f;
    for (var k = 0u; k < ${count}u; k++) { total += exp(${scores}[line + k] - most); }
    own += vec2<f32>(log(total) + most - ${scores}[line + label], select(0.0f, 1.0f, best == label));
    ${
      gradient === null
        ? ''
        : `for (var k = 0u; k < ${count}u; k++) {
      let probability = exp(${scores}[line + k] - most) / total;
      ${back}[line + k] = (probability - select(0.0f, 1.0f, k == label)) / f32(step.batch);
    }
    ${zeros}`
    }
  }
  sums[t] = own;
  workgroupBarrier();
  for (var half = ${THREADS / 2}u; half > 0u; half = half / 2u) {
    if (t < half) { sums[t] += sums[t + half]; }
    workgroupBarrier();
  }
  if (t == 0u) { ${into}[step.slot] = vec2<f32>(sums[0].x / f32(step.batch), sums[0].y); }
}
`;
  const bytes = (batch: number): number => batch * logits.channels * 8;
  return { label: 'loss', code, bindings: bindings.list, grid: () => [1, 1, 1], flops: 0, bytes };
}

/** Adds up the logits, a thread a number, before any is read. */
function writeAddition(
  { store, splits, columns, bias }: Parts,
  bindings: Bindings,
  scores: string,
): string {
  const from = bindings.read(store, 'f32');
  const biases = bias && bindings.read(bias.store, 'f32');
  return `let numbers = step.batch * ${columns}u;
  for (var at = t; at < numbers; at += ${THREADS}u) {
    var sum = ${bias ? `${biases}[${bias.at}u + at % ${columns}u]` : '0.0f'};
    for (var s = 0u; s < ${splits}u; s++) { sum += ${from}[s * numbers + at]; }
    ${scores}[at] = sum;
  }
  storageBarrier();`;
}
