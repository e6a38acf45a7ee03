/** The contract between a stage that draws a figure and those who trace the figure to its results. */

/** A result behind a figure. */
export interface FigureRun {
  /** What the figure's rows call it. */
  readonly run: string;
  /** The input of the plot stage that read it. */
  readonly input: string;
  /** The node that made it, the fingerprint of its result, the SHA-256 of what was read. */
  readonly node: string;
  readonly fingerprint: string;
  /** Null where the bytes differ from run to run. */
  readonly sha256: string | null;
  /** The rows of the figure's data that rest on it, as first and last of each stretch, from 1. */
  readonly rows: readonly (readonly [first: number, last: number])[];
}

/**
 * Where a figure comes from. Its files carry this as `{ "provenance": … }`: a Vega-Lite spec as
 * `usermeta`, an SVG as JSON in `<metadata>`, a PNG in a text chunk `usermeta`. The CSV beside them
 * names runs in its rows.
 */
export interface FigureProvenance {
  readonly schema: 1;
  /** The node that drew the figure. */
  readonly node: string;
  /** The fields of a row that name the runs behind it. */
  readonly fields: readonly string[];
  readonly runs: readonly FigureRun[];
  /** Rows that rest on no run by their own word, such as numbers from a paper; absent for none. */
  readonly without?: FigureRun['rows'];
}
