/** Where numbers lie in the memory of a GPU. */

/** A piece of memory that a plan asks for: so many bytes at all, or a sample. */
export interface Store {
  readonly name: string;
  readonly bytesPerSample: number;
  readonly bytes: number;
  /** True where it outlives a step: weights, statistics, what the host writes and reads. */
  readonly kept: boolean;
}

/**
 * Feature maps, [batch, height, width, channels], channels the innermost and a multiple of 4 of them:
 * `stride` numbers from one position to the next, the first channel at `offset`. All but places that
 * hold a channel are zero.
 */
export interface View {
  readonly store: Store;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly stride: number;
  readonly offset: number;
  /** Of each of the model's channels, or features, which of `channels` it is. */
  readonly places: readonly number[];
}

/** Numbers of 32 bits are read and written by fours. */
const QUAD = 4;
const NUMBER_BYTES = 4;

/** The next multiple of 4. */
export function roundUp(count: number): number {
  return Math.ceil(count / QUAD) * QUAD;
}

/** Memory for so many numbers a sample, gone after the step. */
export function sampleStore(name: string, numbers: number): Store {
  return { name, bytesPerSample: numbers * NUMBER_BYTES, bytes: 0, kept: false };
}

/** Memory for so many numbers, gone after the step unless it is `kept`. */
export function fixedStore(name: string, numbers: number, kept: boolean): Store {
  return { name, bytesPerSample: 0, bytes: numbers * NUMBER_BYTES, kept };
}

/**
 * The same memory as a vector of features a sample, those of a channel together, as PyTorch counts.
 *
 * @throws RangeError where the maps do not lie in one piece
 */
export function flatView(view: View): View {
  const { height, width, stride, offset, places } = view;
  const positions = height * width;
  const features = positions * stride;
  if (offset !== 0 || stride !== view.channels) {
    throw new RangeError(`${view.store.name} does not lie in one piece`);
  }
  return {
    ...view,
    height: 1,
    width: 1,
    channels: features,
    stride: features,
    places: places.flatMap((place) =>
      Array.from({ length: positions }, (_, position) => position * stride + place),
    ),
  };
}

/** Positions of a sample. */
export function positionsOf({ height, width }: View): number {
  return height * width;
}
