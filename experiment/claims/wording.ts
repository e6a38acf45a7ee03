/** Claims in words. */

import { wordPower } from '../data/powers.ts';
import type { Finding, Judgement, Verdict, Where } from './claim.ts';
import type { Row } from './select.ts';

export function wordWhere(where: Where): string {
  return Object.entries(where)
    .map(([field, condition]) => `${field} ${wordCondition(condition)}`)
    .join(', ');
}

function wordCondition(condition: Where[string]): string {
  if (condition === null || typeof condition !== 'object') return String(condition);
  if (Array.isArray(condition)) return condition.join(' or ');
  return Object.entries(condition)
    .map(([word, limit]) => {
      const value = typeof limit === 'object' ? limit.field : String(limit);
      return `${word.replaceAll('_', ' ')} ${value}`;
    })
    .join(' and ');
}

export function describeFindings(findings: readonly Finding[]): string {
  return listSome(
    findings.map(({ subject, found }) => `${subject}: ${found}`),
    '; ',
  );
}

/** A verdict with the number of seeds that it rests on, where it rests on any runs. */
export function wordVerdict(verdict: Verdict, seeds: number): string {
  if (verdict === 'not testable' || seeds === 0) return verdict;
  return `${verdict}, ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}`;
}

/** So many claims with a verdict: `1 reproduced`, `2 hold on synthetic data`. */
export function wordCount(count: number, verdict: Verdict): string {
  const isPlural = count !== 1;
  const words = isPlural ? verdict.replace(/^(hold|fail)s/, '$1') : verdict;
  return `${count} ${words}`;
}

/** `3 of 3; 95% interval of the share of such cases 44% to 100%`. */
export function wordShare({ holding, of, low, high }: NonNullable<Judgement['share']>): string {
  const [from, to] = [low, high].map((share) => `${Math.round(100 * share)}%`);
  return `holds in ${holding} of ${of}; 95% interval of that share ${from} to ${to}`;
}

const SHOWN = 4;
export function listSome(names: readonly string[], separator = ', '): string {
  const shown = names.slice(0, SHOWN).join(separator);
  return names.length > SHOWN ? `${shown}${separator}and ${names.length - SHOWN} more` : shown;
}

export function wordField(field: string): string {
  const words: Readonly<Record<string, string>> = { reached: 'threshold reached:', step: 'steps' };
  return words[field] ?? field.replaceAll('_', ' ');
}

/** A value in words: numbers to four digits behind the point, or two where that leaves nothing. */
export function formatValue(value: Row[string] | undefined): string {
  if (value === undefined || value === null) return 'missing';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  if (typeof value === 'object') return value.join(', ');
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  return Math.abs(value) < 0.0001 ? wordPower(value) : String(+value.toFixed(4));
}

export function formatPercent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}
