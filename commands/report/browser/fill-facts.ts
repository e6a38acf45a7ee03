/** Fills in what differs from run to run and so is not in the page itself. */

import type { VolatileFacts } from '../volatile-facts.ts';
import { find, makeElement } from './page.ts';
import { describeMade, formatMinute, formatSeconds } from './words.ts';

/** Fills the table of experiments, the timeline, the provenance and the fingerprints. */
export function fillFacts(facts: VolatileFacts): void {
  for (const row of document.querySelectorAll<HTMLTableRowElement>('#experiments tbody tr')) {
    const made = facts.made[row.dataset['training'] ?? ''];
    if (made === undefined || row.dataset['made'] === undefined) continue;
    fillCell(row, 'seconds', formatSeconds(made.seconds), String(made.seconds));
    fillCell(row, 'made', formatMinute(made).replace(' UTC', ''), made.at);
    const run = made.isLatest ? 'the latest run that made anything' : 'an earlier run';
    const title = `${describeMade(made)}, by ${run}`;
    row.querySelector('[data-key="made"]')?.setAttribute('title', title);
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
