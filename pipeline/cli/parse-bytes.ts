/** Sizes as arguments have them: `10GB`. */

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  KI: 2 ** 10,
  MI: 2 ** 20,
  GI: 2 ** 30,
  TI: 2 ** 40,
};

/** Reads `10GB`, `500 MiB` or a number of bytes. @returns bytes; NaN where it is no size */
export function parseBytes(text: string): number {
  const [, number = '', unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([KMGT]?I?)B?\s*$/i.exec(text) ?? [];
  const factor = UNITS[unit.toUpperCase()];
  return number === '' || factor === undefined ? Number.NaN : Number(number) * factor;
}
