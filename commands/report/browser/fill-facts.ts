/** Fills in what differs from run to run and so is not in the page itself. */

import type { MadeFact, VolatileFacts } from '../volatile-facts.ts';
import { find, makeElement } from './page.ts';

/** Fills the table of experiments, the timeline, the provenance and the fingerprints. */
export function fillFacts(facts: VolatileFacts): void {
  for (const row of document.querySelectorAll<HTMLTableRowElement>('#experiments tbody tr')) {
    const made = facts.made[row.dataset['training'] ?? ''];
    if (made === undefined || row.dataset['made'] === undefined) continue;
    fillCell(row, 'seconds', formatSeconds(made.seconds), String(made.seconds));
    fillCell(row, 'made', made.isLatest ? 'latest run' : 'cached', describeMade(made));
    row.querySelector('[data-key="made"]')?.setAttribute('title', describeMade(made));
  }
  if (facts.timeline !== '') find('#timeline').innerHTML = facts.timeline;
  for (const cell of document.querySelectorAll<HTMLElement>('[data-fact]')) {
    const value = facts[cell.dataset['fact'] as 'commit'];
    cell.textContent = value ?? 'not in a Git repository';
  }
  for (const cell of document.querySelectorAll<HTMLElement>('[data-made-node]')) {
    const made = facts.made[cell.dataset['madeNode'] ?? ''];
    if (made !== undefined) cell.replaceChildren(makeElement('span', describeMade(made)));
  }
}

function fillCell(row: HTMLTableRowElement, key: string, text: string, value: string): void {
  const cell = row.querySelector<HTMLElement>(`[data-key="${key}"]`);
  if (cell === null) return;
  cell.textContent = text;
  cell.dataset['value'] = value;
}

/** `2026-11-24 23:47 UTC on host, 4.2 s`. */
function describeMade({ at, host, seconds }: MadeFact): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC on ${host}, ${formatSeconds(seconds)}`;
}

/** `4.2 s`, `3 min 20 s`, `2 h 5 min`. */
function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
