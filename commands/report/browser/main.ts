/** Brings a report's page to life. Everything that it needs is on the page or in files beside it. */

import type { VolatileFacts } from '../volatile-facts.ts';
import { drawFigure } from './charts.ts';
import { setUpContents } from './contents.ts';
import { setUpExperiments } from './experiments-table.ts';
import { fillFacts } from './fill-facts.ts';
import type { SpecPart } from './interactive-spec.ts';

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
  const volatile = facts?.specs[figure.dataset['name'] ?? ''];
  const spec = text ? (JSON.parse(text) as SpecPart) : (volatile as SpecPart | undefined);
  if (spec !== undefined) void drawFigure(figure, spec, table);
}
setUpContents();
