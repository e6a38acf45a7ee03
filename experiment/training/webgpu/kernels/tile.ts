/** How a matrix product is cut up among workgroups and threads. */

/** A workgroup makes `rows` × `columns` of the result, a thread `threadRows` × `threadColumns`, `inner` at a time. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly threadRows: number;
  readonly threadColumns: number;
}

/** A tile, and among how many workgroups the inner dimension is divided. */
export interface Cut {
  readonly tile: Tile;
  readonly splits: number;
}

/** What of an adapter decides how work is cut up. */
export interface GpuMachine {
  /** Processors that each run some workgroups at a time: an estimate, WebGPU does not tell. */
  readonly processors: number;
  readonly workgroupBytes: number;
  readonly workgroupThreads: number;
}

/** Sizes of a product, for a full batch. */
export interface ProductSizes {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
}

/** A tile by its sizes. */
export function tile(
  rows: number,
  columns: number,
  inner: number,
  threadRows: number,
  threadColumns: number,
): Tile {
  return { rows, columns, inner, threadRows, threadColumns };
}

/**
 * The tiles that are tried, with the share of a processor's peak that each reaches where it has enough to do:
 * measured on an H100 for 128×64, 128×128, 128×32 and 64×64 in 8×4, guessed for the others.
 */
export const TILES: readonly (readonly [Tile, number])[] = [
  [tile(128, 128, 16, 8, 8), 0.44],
  [tile(128, 64, 16, 8, 8), 0.57],
  [tile(64, 128, 16, 8, 8), 0.55],
  [tile(128, 64, 16, 8, 4), 0.46],
  [tile(64, 64, 16, 8, 4), 0.43],
  [tile(64, 64, 16, 4, 4), 0.36],
  [tile(128, 32, 16, 8, 4), 0.46],
  [tile(64, 32, 16, 4, 4), 0.34],
  [tile(32, 64, 16, 4, 4), 0.34],
  [tile(128, 16, 16, 8, 4), 0.38],
  [tile(32, 32, 16, 4, 4), 0.3],
];

/** Multiplications with additions a second of a processor. */
const PEAK = 2.24e11;
/**
 * A workgroup that is alone on a processor waits for memory and barriers, so many seconds a slice of the
 * inner dimension, and then computes at this share of the peak.
 */
const SLICE_LATENCY = 5e-7;
const ALONE = 0.5;
/** Seconds from the end of a dispatch to that of an empty one that waits for it. */
const LAUNCH = 8e-6;
const BYTES_PER_SECOND = 2e12;
/** Registers of a processor, and what a thread needs besides its part of the result. */
const REGISTERS = 65536;
const OTHER_REGISTERS = 48;
const MOST_SPLITS = 256;

/** Threads of a workgroup. */
export function threadsOf({ rows, columns, threadRows, threadColumns }: Tile): number {
  return (rows / threadRows) * (columns / threadColumns);
}

/** Bytes that a workgroup shares: its parts of both factors, each line of four rows or columns one longer. */
export function sharedBytes({ rows, columns, inner }: Tile): number {
  return (rows / 4 + 1 + columns / 4) * 16 * inner;
}

/**
 * The cut that an estimate of its time prefers.
 *
 * @throws RangeError where no tile fits the adapter
 */
export function chooseCut(sizes: ProductSizes, machine: GpuMachine, mayBeSplit: boolean): Cut {
  let best: Cut | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [candidate, efficiency] of TILES) {
    if (!fitsMachine(candidate, machine)) continue;
    const most = mayBeSplit
      ? Math.min(MOST_SPLITS, Math.ceil(sizes.inner / (2 * candidate.inner)))
      : 1;
    for (const splits of splitCounts(most)) {
      const cut = { tile: candidate, splits };
      const seconds = estimate(cut, efficiency, sizes, machine);
      if (seconds < least) [best, least] = [cut, seconds];
    }
  }
  if (best === undefined) throw new RangeError('no tile fits this adapter');
  return best;
}

/** Adapters that are processors of a host. */
function isSlow({ processors }: GpuMachine): boolean {
  return processors < 8;
}

/** Whether an adapter has room for a tile, and compiles it soon. */
export function fitsMachine(candidate: Tile, machine: GpuMachine): boolean {
  const { workgroupBytes, workgroupThreads } = machine;
  const large = candidate.rows * candidate.columns > 1024 && isSlow(machine);
  return (
    threadsOf(candidate) <= workgroupThreads && sharedBytes(candidate) <= workgroupBytes && !large
  );
}

function splitCounts(most: number): readonly number[] {
  const counts: number[] = [];
  for (let count = 1; count <= most; count += Math.max(1, count >> 2)) counts.push(count);
  return counts;
}

function estimate(
  { tile: { rows, columns, inner, threadRows, threadColumns }, splits }: Cut,
  efficiency: number,
  sizes: ProductSizes,
  { processors }: GpuMachine,
): number {
  const threads = (rows / threadRows) * (columns / threadColumns);
  const resident = Math.floor(
    REGISTERS / (threads * (threadRows * threadColumns + OTHER_REGISTERS)),
  );
  const groups = Math.ceil(sizes.rows / rows) * Math.ceil(sizes.columns / columns) * splits;
  const slices = Math.ceil(sizes.inner / splits / inner);
  const each = Math.ceil(groups / processors);
  const together = Math.min(each, Math.max(1, resident));
  const work = rows * columns * inner;
  const alone = SLICE_LATENCY + work / (PEAK * ALONE);
  const slice = Math.max(alone, (together * work) / (PEAK * efficiency));
  const partial =
    splits > 1 ? LAUNCH + (sizes.rows * sizes.columns * 8 * splits) / BYTES_PER_SECOND : 0;
  return (each / together) * slices * slice + partial;
}
