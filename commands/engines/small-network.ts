/**
 * A network of one convolution, ReLU and one dense layer in plain float64 loops: what the training
 * step of an installed package is compared with. Images are [batch, row, column, 1], filters
 * [row, column, 1, output], as TensorFlow lays them out.
 */

const [batch, side, kernel, filters, classes] = [4, 5, 2, 2, 3] as const;
const map = side - kernel + 1;
const outputs = map * map * filters;

export const SIZES = {
  ...{ batch, side, kernel, filters, classes },
  /** Features of an image that the dense layer sees. */
  outputs,
  filterShape: [kernel, kernel, 1, filters],
  weightShape: [outputs, classes],
} as const;

/** The parameters, each flat, in the order of its shape. */
export interface Parameters {
  readonly filter: readonly number[];
  readonly filterBias: readonly number[];
  readonly weights: readonly number[];
  readonly bias: readonly number[];
}

/** Parameters with the batch that they are trained on; labels are one-hot. */
export interface Network extends Parameters {
  readonly images: readonly number[];
  readonly labels: readonly number[];
}

/** Half the distance of a difference quotient. */
const STEP = 1e-5;

/** A network with numbers between −1 and 1 without a simple pattern. */
export function startingNetwork(): Network {
  const numbers = (length: number, seed: number) =>
    Array.from({ length }, (_, at) => Math.sin(seed + 12.9898 * at));
  return {
    images: numbers(batch * side * side, 1),
    labels: Array.from({ length: batch * classes }, (_, at) =>
      at % classes === Math.floor(at / classes) % classes ? 1 : 0,
    ),
    filter: numbers(kernel * kernel * filters, 2),
    filterBias: numbers(filters, 3),
    weights: numbers(outputs * classes, 4),
    bias: numbers(classes, 5),
  };
}

/** Mean cross entropy of the batch. */
export function networkLoss(network: Network): number {
  let sum = 0;
  for (let image = 0; image < batch; image += 1) {
    const logits = classify(network, image);
    const total = logits.reduce((all, logit) => all + Math.exp(logit), 0);
    for (const [label, logit] of logits.entries()) {
      sum += (network.labels[image * classes + label] ?? 0) * (Math.log(total) - logit);
    }
  }
  return sum / batch;
}

/** The gradient of the loss for every parameter, by central differences. */
export function numericGradient(network: Network): Parameters {
  const differentiate = (name: keyof Parameters) =>
    network[name].map((value, at) => {
      const lossAt = (moved: number) =>
        networkLoss({ ...network, [name]: network[name].with(at, moved) });
      return (lossAt(value + STEP) - lossAt(value - STEP)) / (2 * STEP);
    });
  return {
    filter: differentiate('filter'),
    filterBias: differentiate('filterBias'),
    weights: differentiate('weights'),
    bias: differentiate('bias'),
  };
}

function classify(network: Network, image: number): number[] {
  const logits = [...network.bias];
  for (let at = 0; at < outputs; at += 1) {
    const feature = Math.max(0, convolveAt(network, image, at));
    for (let label = 0; label < classes; label += 1) {
      logits[label] = (logits[label] ?? 0) + feature * (network.weights[at * classes + label] ?? 0);
    }
  }
  return logits;
}

/** The value before ReLU at one place of the flat [row, column, output]. */
function convolveAt(network: Network, image: number, at: number): number {
  const output = at % filters;
  const column = Math.floor(at / filters) % map;
  const row = Math.floor(at / (filters * map));
  let sum = network.filterBias[output] ?? 0;
  for (let y = 0; y < kernel; y += 1) {
    for (let x = 0; x < kernel; x += 1) {
      const pixel = network.images[(image * side + row + y) * side + column + x] ?? 0;
      sum += pixel * (network.filter[(y * kernel + x) * filters + output] ?? 0);
    }
  }
  return sum;
}
