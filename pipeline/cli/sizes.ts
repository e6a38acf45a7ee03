import { locateArgument, type Result } from '../pipeline-file/diagnostic.ts';
import { formatScaled } from '../progress/units.ts';

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

/** Reads `10GB`, `500 MiB` or a number of bytes. */
export function parseBytes(option: string, text: string): Result<number> {
  const [, number = '', unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([KMGT]?I?)B?\s*$/i.exec(text) ?? [];
  const factor = UNITS[unit.toUpperCase()];
  if (number !== '' && factor !== undefined) return { ok: true, value: Number(number) * factor };
  return {
    ok: false,
    diagnostics: [
      {
        code: 'bad-argument',
        message: `"${text}" is no size`,
        location: locateArgument(option),
        expected: 'a number with a unit, such as 500MB, 10GB or 2GiB',
      },
    ],
  };
}

/** `1.23 GB`. */
export function formatSize(bytes: number): string {
  const [, number = '', prefix = ''] = /^([\d.]+)(\D?)$/.exec(formatScaled(bytes)) ?? [];
  return bytes < 1000 ? `${bytes} B` : `${number} ${prefix.toUpperCase()}B`;
}
