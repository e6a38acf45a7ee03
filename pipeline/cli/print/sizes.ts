/** Sizes as they are printed: `1.23 GB`. */

import { formatScaled } from '../../progress/units.ts';

/** `1.23 GB`. */
export function formatSize(bytes: number): string {
  const [, number = '', prefix = ''] = /^([\d.]+)(\D?)$/.exec(formatScaled(bytes)) ?? [];
  return bytes < 1000 ? `${bytes} B` : `${number} ${prefix.toUpperCase()}B`;
}
