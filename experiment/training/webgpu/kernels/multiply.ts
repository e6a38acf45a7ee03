/** Matrix products in one pass, or in two where the inner dimension is split. */

import { Bindings, type Parts, type Pass } from '../pass.ts';
import { fixedStore, type Store, sampleStore } from '../tensors.ts';
import { emitPart, type Product, productPass, sumPass } from './product.ts';
import type { EmitQuad } from './text.ts';
import { type Cut, chooseCut, type GpuMachine, type ProductSizes } from './tile.ts';

/** Who computes, with how many samples at most times. */
export interface KernelSetting {
  readonly machine: GpuMachine;
  readonly batch: number;
  /** Where given, used instead of the best estimate. */
  readonly cut?: (label: string, cut: Cut, sizes: ProductSizes) => Cut;
}

/** A product, before it is decided how it is cut up. */
export interface Multiplication {
  readonly label: string;
  readonly setting: KernelSetting;
  readonly rows: (batch: number) => number;
  readonly columns: number;
  readonly innerSize: number;
  readonly classes?: number;
  readonly sizes: string;
  readonly factors: (bindings: Bindings, cut: Cut) => Pick<Product, 'left' | 'right'>;
  readonly emit: (bindings: Bindings) => EmitQuad;
  /** Where a bias, or null, is all that is added to the product. */
  readonly bareBias?: Parts['bias'];
  readonly flops: number;
  readonly bytes: (batch: number) => number;
}

/** One pass, or two where the inner dimension is split. */
export function multiplyPasses(of: Multiplication): readonly Pass[] {
  const { label, setting, rows, columns, classes = 1, sizes, emit, flops, bytes } = of;
  const { machine, batch, cut: choose } = setting;
  const wanted = { rows: rows(batch) * classes, columns, inner: of.innerSize };
  const estimated = chooseCut(wanted, machine, classes === 1);
  const chosen = choose?.(label, estimated, wanted) ?? estimated;
  // What is computed in classes of positions cannot be split too.
  const cut = classes === 1 ? chosen : { ...chosen, splits: 1 };
  const { splits } = cut;
  const bindings = new Bindings();
  const factors = of.factors(bindings, cut);
  const common = { label, cut, bindings, sizes, rows, columns, classes, ...factors, flops, bytes };
  const positionOf = (row: string): string => row;
  if (splits === 1) return [productPass({ ...common, positionOf, emit: emit(bindings) })];
  const parts = partStore(label, rows, columns * splits);
  const sum = new Bindings();
  const added = sumPass({
    label: `${label} sum`,
    bindings: sum,
    parts,
    splits,
    sizes,
    rows,
    columns,
    emit: emit(sum),
  });
  const { bareBias } = of;
  const bare =
    bareBias === undefined ? {} : { parts: { store: parts, splits, columns, bias: bareBias } };
  return [
    productPass({ ...common, positionOf, emit: emitPart(bindings, parts, columns) }),
    { ...added, ...bare },
  ];
}

function partStore(label: string, rows: (batch: number) => number, columns: number): Store {
  const each = rows(2) - rows(1);
  return each === 0
    ? fixedStore(`${label} parts`, rows(1) * columns, false)
    : sampleStore(`${label} parts`, each * columns);
}
