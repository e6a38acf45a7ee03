/**
 * The layers a model is made of, as data. Engines lower each kind to their own operators; adding a
 * kind means adding a member here and letting the compiler point at every place that must know it.
 */

/** Lays [C, H, W] out as C·H·W features, in that order. */
export interface Flatten {
  readonly kind: 'flatten';
}

/** y = x Wᵀ + b, with W of [units, features]. */
export interface Dense {
  readonly kind: 'dense';
  /** Prefix of its parameters' names: `<name>.weight`, `<name>.bias`. */
  readonly name: string;
  readonly units: number;
}

/** Rows or columns of zeros (in a pool: of −∞) on each side: [top, left, bottom, right]. */
export type Padding = readonly [top: number, left: number, bottom: number, right: number];

/** Cross-correlation of [C, H, W] with filters of [channels, C, kernel, kernel]. */
export interface Conv {
  readonly kind: 'conv';
  /** Prefix of its parameters' names: `<name>.weight`, and `<name>.bias` where it has one. */
  readonly name: string;
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: Padding;
  readonly bias: boolean;
}

/**
 * Normalises each channel over batch and positions, then scales and shifts it (Ioffe and Szegedy,
 * 2015). Training divides by √(biased variance + eps) and keeps running statistics, of the unbiased
 * variance, with momentum {@link STATISTICS_MOMENTUM}; evaluation uses those.
 */
export interface BatchNorm {
  readonly kind: 'batchNorm';
  /** Prefix of the names `<name>.weight`, `.bias`, `.running_mean` and `.running_var`. */
  readonly name: string;
  readonly eps: number;
}

/** What a batch's statistics weigh in the running ones: r ← 0.9 r + 0.1 batch. */
export const STATISTICS_MOMENTUM = 0.1;

/** max(x, 0); its derivative at 0 is 0, as in PyTorch. */
export interface Relu {
  readonly kind: 'relu';
}

/** The largest value of each window; the gradient goes to the first of equal ones, row by row. */
export interface MaxPool {
  readonly kind: 'maxPool';
  readonly kernel: number;
  readonly stride: number;
  readonly padding: Padding;
}

/**
 * y = x / (k + alpha/size · Σ x²)^beta, the sum over `size` neighbouring channels, centred
 * (Krizhevsky et al., 2012, with alpha divided by the size as PyTorch does).
 */
export interface LocalResponseNorm {
  readonly kind: 'localResponseNorm';
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
}

/** The channels of its inputs, one after the other. */
export interface Concat {
  readonly kind: 'concat';
}

/** The sum of its inputs. */
export interface Add {
  readonly kind: 'add';
}

/** The mean of each channel: [C, H, W] to [C]. */
export interface GlobalAveragePool {
  readonly kind: 'globalAveragePool';
}

/** Layers that read several values. */
export type JoiningLayer = Concat | Add;

/** Layers that read one value. */
export type ChainedLayer =
  | Flatten
  | Dense
  | Conv
  | BatchNorm
  | Relu
  | MaxPool
  | LocalResponseNorm
  | GlobalAveragePool;

export type Layer = ChainedLayer | JoiningLayer;

/** Options of a window; the stride is 1 and the padding 0 where not given. */
export interface WindowOptions {
  readonly kernel: number;
  readonly stride?: number;
  /** One number for all four sides, or each of its own. */
  readonly padding?: number | Padding;
}

export const FLATTEN: Flatten = { kind: 'flatten' };
export const RELU: Relu = { kind: 'relu' };
export const CONCAT: Concat = { kind: 'concat' };
export const ADD: Add = { kind: 'add' };
export const GLOBAL_AVERAGE_POOL: GlobalAveragePool = { kind: 'globalAveragePool' };

/** A dense layer of so many units. */
export function dense(name: string, units: number): Dense {
  return { kind: 'dense', name, units };
}

/** A convolution to so many channels, with a bias unless told otherwise. */
export function conv(
  name: string,
  channels: number,
  { bias = true, ...window }: WindowOptions & { readonly bias?: boolean },
): Conv {
  return { kind: 'conv', name, channels, ...windowOf(window), bias };
}

/** A batch norm; `eps` is added to the variance. */
export function batchNorm(name: string, eps = 1e-5): BatchNorm {
  return { kind: 'batchNorm', name, eps };
}

/** A max-pool. */
export function maxPool(window: WindowOptions): MaxPool {
  return { kind: 'maxPool', ...windowOf(window) };
}

/** A local response norm with the constants of AlexNet in PyTorch, where not told otherwise. */
export function localResponseNorm(
  size: number,
  { alpha = 1e-4, beta = 0.75, k = 1 }: Partial<Omit<LocalResponseNorm, 'kind' | 'size'>> = {},
): LocalResponseNorm {
  return { kind: 'localResponseNorm', size, alpha, beta, k };
}

function windowOf({ kernel, stride = 1, padding = 0 }: WindowOptions) {
  const sides: Padding =
    typeof padding === 'number' ? [padding, padding, padding, padding] : padding;
  return { kernel, stride, padding: sides };
}
