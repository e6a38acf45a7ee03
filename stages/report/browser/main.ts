/** Brings a report's page to life. Everything that it needs is on the page or in files beside it. */

import { drawFigure } from './charts.ts';
import { setUpExperiments } from './experiments-table.ts';
import { fillFacts } from './fill-facts.ts';
import type { Part } from './interactive-spec.ts';
import type { VolatileFacts } from './page.ts';

declare global {
  interface Window {
    /** Set by `volatile.js`; absent where that file is. */
    readonly reportFacts?: VolatileFacts;
  }
}

const facts = window.reportFacts;
if (facts !== undefined) fillFacts(facts);
const table = setUpExperiments();
for (const figure of document.querySelectorAll<HTMLElement>('figure[data-name]')) {
  const text = figure.querySelector('script[type="application/json"]')?.textContent;
  const spec = text ? (JSON.parse(text) as Part) : facts?.specs[figure.dataset['name'] ?? ''];
  if (spec !== undefined) void drawFigure(figure, spec, table);
}
// What is folded up on the screen is printed all the same.
window.addEventListener('beforeprint', () => {
  for (const details of document.querySelectorAll('details')) details.open = true;
});
