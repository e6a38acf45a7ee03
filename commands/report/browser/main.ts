/** Brings a report's page to life. Everything that it needs is on the page or in files beside it. */

import type { ReportDetails } from '../report-details.ts';
import type { VolatileFacts } from '../volatile-facts.ts';
import { drawFigure } from './charts.ts';
import { setUpContents } from './contents.ts';
import { setUpDrawer } from './drawer/drawer.ts';
import { setUpExperiments } from './experiments-table.ts';
import { fillFacts } from './fill-facts.ts';
import { linkNodes } from './graph-links.ts';
import { Highlight } from './highlight.ts';
import { Knowledge } from './look-up.ts';
import type { SpecPart } from './spec-parts.ts';

declare global {
  interface Window {
    /** Set by `volatile.js`; absent where that file is. */
    readonly reportFacts?: VolatileFacts;
    /** Set by `details.js`; absent where that file is. */
    readonly reportDetails?: ReportDetails;
  }
}

const facts = window.reportFacts;
const details = window.reportDetails;
if (facts !== undefined) fillFacts(facts);
const knowledge = details === undefined ? null : new Knowledge(details, facts);
const highlight = new Highlight();
const table = setUpExperiments(highlight, knowledge);
for (const figure of document.querySelectorAll<HTMLElement>('figure[data-name]')) {
  const text = figure.querySelector('script[type="application/json"]')?.textContent;
  const volatile = facts?.specs[figure.dataset['name'] ?? ''];
  const spec = text ? (JSON.parse(text) as SpecPart) : (volatile as SpecPart | undefined);
  if (spec === undefined) continue;
  void drawFigure(figure, spec, {
    table,
    highlight,
    openRun: (run) => {
      const address = knowledge?.addressOfRun(run);
      if (address) location.hash = address;
    },
    describeRun: (run) => knowledge?.describeRun(run) ?? { experiment: run },
  });
}
setUpContents();
if (knowledge !== null) {
  linkNodes(knowledge);
  setUpDrawer(knowledge);
}
