/** The house theme: how every figure looks, as a Vega-Lite config that travels inside its spec. */

import type { Config } from 'vega-lite';
import { FONT_STACK, TITLE_WEIGHT } from './font.ts';

/** Sizes of text in pixels. */
const TITLE_SIZE = 16;
export const SUBTITLE_SIZE = 12;
export const NOTE_SIZE = 11.5;

/** Colour of lines and notes that help to read, and are no data. */
export const AID_COLOR = '#595959';

const TEXT_COLOR = '#1a1a1a';
const LABEL_COLOR = '#404040';
const RULE_COLOR = '#8c8c8c';
const GRID_COLOR = '#e8e8e8';
/** About how many ticks a y axis has, and how a scale is rounded that ends on one. */
export const Y_TICKS = 5;
/** Vega's limit 0 means that no text is ever cut short. */
const UNLIMITED = 0;

export const THEME: Config = {
  background: 'white',
  padding: 14,
  font: FONT_STACK,
  view: { stroke: null },
  title: {
    anchor: 'start',
    color: TEXT_COLOR,
    fontSize: TITLE_SIZE,
    fontWeight: TITLE_WEIGHT,
    subtitleColor: AID_COLOR,
    subtitleFontSize: SUBTITLE_SIZE,
    subtitleFontWeight: 400,
    subtitleLineHeight: 17,
    subtitlePadding: 7,
    limit: UNLIMITED,
    offset: 18,
  },
  header: {
    labelAnchor: 'start',
    labelColor: TEXT_COLOR,
    labelFontSize: 13,
    labelFontWeight: TITLE_WEIGHT,
    labelLimit: UNLIMITED,
    labelPadding: 8,
    title: null,
  },
  axis: {
    domainColor: RULE_COLOR,
    gridColor: GRID_COLOR,
    labelColor: LABEL_COLOR,
    labelFontSize: 11.5,
    labelLimit: UNLIMITED,
    labelPadding: 5,
    tickColor: RULE_COLOR,
    tickSize: 4,
    titleColor: TEXT_COLOR,
    titleFontSize: 12,
    titleFontWeight: 400,
    titleLimit: UNLIMITED,
    titlePadding: 9,
  },
  axisX: { grid: false, labelFlush: false },
  axisY: { domain: false, ticks: false, tickCount: Y_TICKS },
  legend: {
    direction: 'horizontal',
    labelColor: TEXT_COLOR,
    labelFontSize: 12,
    labelLimit: UNLIMITED,
    columnPadding: 18,
    offset: 10,
    orient: 'top',
    symbolOpacity: 1,
    symbolSize: 80,
    symbolStrokeWidth: 2,
    title: null,
  },
};

/** How figures look in a column of a paper, whose page is the ground and has margins of its own. */
export const PAPER_THEME: Config = { ...THEME, background: 'transparent', padding: 1 };
