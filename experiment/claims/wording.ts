/** Claims in words. */

import type { FieldValue, Finding, Where } from './claim.ts';

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

const SHOWN = 4;
export function listSome(names: readonly string[], separator = ', '): string {
  const shown = names.slice(0, SHOWN).join(separator);
  return names.length > SHOWN ? `${shown}${separator}and ${names.length - SHOWN} more` : shown;
}

export function wordField(field: string): string {
  const words: Readonly<Record<string, string>> = { reached: 'threshold reached:', step: 'steps' };
  return words[field] ?? field.replaceAll('_', ' ');
}

export function formatValue(value: FieldValue | undefined): string {
  if (value === undefined || value === null) return 'missing';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  return Number.isInteger(value) ? value.toLocaleString('en-US') : String(+value.toFixed(4));
}

export function formatPercent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}
