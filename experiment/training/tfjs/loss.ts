/** The softmax cross-entropy of logits, on the few numbers that a model ends in. */

export interface Loss {
  /** Mean over the batch, single precision. */
  readonly loss: number;
  /** Samples whose largest logit, the first of equal ones, is at the label. */
  readonly correct: number;
}

/** Computes the loss of `logits` [batch, classes] against `labels` [batch]. */
export function measureLoss(logits: Float32Array, labels: Int32Array): Loss {
  const classes = logits.length / labels.length;
  let total = 0;
  let correct = 0;
  for (const [sample, label] of labels.entries()) {
    const row = logits.subarray(sample * classes, (sample + 1) * classes);
    const largest = Math.max(...row);
    if (row.indexOf(largest) === label) correct += 1;
    total += Math.log(sumOfExponentials(row, largest)) + largest - (row[label] as number);
  }
  return { loss: Math.fround(total / labels.length), correct };
}

/** The gradient of the mean loss for the logits: (softmax − one-hot) / batch. */
export function lossGradient(logits: Float32Array, labels: Int32Array): Float32Array {
  const gradient = new Float32Array(logits.length);
  const classes = logits.length / labels.length;
  for (const [sample, label] of labels.entries()) {
    const start = sample * classes;
    const row = logits.subarray(start, start + classes);
    const largest = Math.max(...row);
    const sum = sumOfExponentials(row, largest);
    for (const [k, logit] of row.entries()) {
      const probability = Math.exp(logit - largest) / sum;
      gradient[start + k] = (probability - (k === label ? 1 : 0)) / labels.length;
    }
  }
  return gradient;
}

/** The largest logit is taken off first, so that no exponential overflows. */
function sumOfExponentials(row: Float32Array, largest: number): number {
  return row.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
}
