/** Lowers products of matrices, so that their sums do not depend on the number of threads. */

import type { GraphBuilder } from './graph-builder.ts';
import { ONE_PIECE } from './threads.ts';

/** A matrix of so many rows and columns. */
export interface Matrix {
  readonly value: string;
  readonly rows: number;
  readonly columns: number;
  /** Whether the ONNX value is its transpose, [columns, rows]. */
  readonly turned: boolean;
}

/** The transpose of a matrix, which is the same value. */
export function turn({ value, rows, columns, turned }: Matrix): Matrix {
  return { value, rows: columns, columns: rows, turned: !turned };
}

/**
 * Lowers left · right + bias, [left.rows, right.columns]; the bias, where there is one, has a shape that
 * spreads over that. A first matrix that would be read as it lies while columns are divided is
 * transposed before: threads.ts says why.
 */
export function multiply(graph: GraphBuilder, left: Matrix, right: Matrix, bias?: string): string {
  const dividesColumns = right.columns > left.rows && left.rows > 1;
  const first =
    dividesColumns && left.columns > ONE_PIECE && !left.turned
      ? { value: graph.node('Transpose', [left.value], { perm: { ints: [1, 0] } }), turned: true }
      : left;
  return graph.node('Gemm', [first.value, right.value, ...(bias === undefined ? [] : [bias])], {
    ...(first.turned ? { transA: { int: 1 } } : {}),
    ...(right.turned ? { transB: { int: 1 } } : {}),
  });
}
