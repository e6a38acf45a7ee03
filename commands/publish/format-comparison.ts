/** A comparison of two publications as Markdown. */

import type { FieldValue } from '../../experiment/claims/claim.ts';
import type { Comparison, ValueChange } from './compare.ts';

/** More changed values than this are counted instead of listed. */
const MOST_ROWS = 200;

/** Says what moved, first the claims, then the values that moved most. */
export function formatComparison(comparison: Comparison): string {
  const { base, current, claims, values, added, removed } = comparison;
  const from = `profile ${base.profile}, \`${base.digest.slice(0, 12)}\``;
  const to = `profile ${current.profile}, \`${current.digest.slice(0, 12)}\``;
  const lines = ['# Compared with the base', '', `From ${from} to ${to}.`, ''];
  if (claims.length + values.length + added.length + removed.length === 0) {
    lines.push('No claim, test error or number of steps has changed.', '');
  }
  if (claims.length > 0) {
    lines.push('## Claims', '', '| claim | before | now |', '|---|---|---|');
    for (const { statement, from: before, to: now } of claims) {
      lines.push(`| ${statement} | ${before ?? 'absent'} | ${now ?? 'absent'} |`);
    }
    lines.push('');
  }
  if (values.length > 0) {
    const sorted = values.toSorted((a, b) => relativeChange(b) - relativeChange(a));
    lines.push(
      '## Values',
      '',
      '| experiment | value | before | now | change |',
      '|---|---|---:|---:|---:|',
    );
    for (const { experiment, field, from: before, to: now, change } of sorted.slice(0, MOST_ROWS)) {
      const cells = [experiment, field.replaceAll('_', ' '), format(before), format(now)];
      lines.push(`| ${[...cells, formatChange(change)].join(' | ')} |`);
    }
    if (sorted.length > MOST_ROWS) {
      lines.push('', `And ${sorted.length - MOST_ROWS} more in comparison.json.`);
    }
    lines.push('');
  }
  if (added.length > 0) lines.push(`New experiments: ${added.join(', ')}.`, '');
  if (removed.length > 0) lines.push(`Experiments no longer there: ${removed.join(', ')}.`, '');
  return lines.join('\n');
}

/** How much a value moved for its size; what is no number moves most. */
function relativeChange({ from, change }: ValueChange): number {
  if (change === null || typeof from !== 'number') return Number.POSITIVE_INFINITY;
  return Math.abs(change) / Math.max(Math.abs(from), 1e-9);
}

function format(value: FieldValue): string {
  if (typeof value !== 'number') return value === null ? 'none' : String(value);
  return Number.isInteger(value) ? value.toLocaleString('en-US') : value.toFixed(4);
}

function formatChange(change: number | null): string {
  if (change === null) return '';
  return `${change > 0 ? '+' : '−'}${format(Math.abs(change))}`;
}
