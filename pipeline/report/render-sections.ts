/** The sections of a report that any workspace has. */

import type { NodeStatus, ReportSection } from '../contract/command.ts';
import type { Json } from '../contract/values.ts';
import { quoteArgument } from '../shell/quote-argument.ts';
import { findPictures, type Picture } from './find-pictures.ts';
import { tellValue } from './format-value.ts';
import { Html, type HtmlPart, html } from './html.ts';
import type { ReportSource } from './report-source.ts';
import {
  isMade,
  MAKING,
  type StageCell,
  type StageColumn,
  tabulateStage,
  tellMaking,
} from './tabulate-stage.ts';

/** The figures; null where no stage draws any. */
export function renderFigures(source: ReportSource): ReportSection | null {
  const pictures = findPictures(source);
  if (pictures.length === 0) return null;
  const byStage = new Map<string, Html[]>();
  for (const picture of pictures) {
    const group = byStage.get(picture.stage) ?? [];
    byStage.set(picture.stage, [...group, renderPicture(picture, source)]);
  }
  const parts = [...byStage.values()].map((figures) =>
    figures.length === 1 ? figures : html`<div class="figures">${figures}</div>\n`,
  );
  return { id: 'figures', title: 'Figures', html: html`${parts}`.text };
}

function renderPicture(
  { name, node, caption, address, files }: Picture,
  source: ReportSource,
): Html {
  const body =
    address === null
      ? html`<p class="missing">Not drawn yet. <code>${wordRun(source, [node])}</code> draws it.</p>`
      : html`<div class="chart"><img src="${address}" alt="${caption || name}"></div>
<p class="files">${node}: ${files.map(([ending, link], i) => html`${i === 0 ? '' : ' · '}<a href="${link}">${ending}</a>`)}</p>`;
  return html`<figure>
<figcaption><h3>${name}</h3>${caption === '' ? null : html`<p>${caption}</p>`}</figcaption>
${body}
</figure>
`;
}

/** The nodes of each stage with their axes and metrics; stages of one node without metrics in one table. */
export function renderResults({ stages, nodes }: ReportSource): ReportSection {
  const single: { readonly node: NodeStatus; readonly description: string }[] = [];
  const tables: Html[] = [];
  for (const { name, description } of stages) {
    const members = nodes.filter(({ stage }) => stage === name);
    const [first] = members;
    if (first === undefined) continue;
    const hasSummary = members.some(({ summary }) => Object.keys(summary ?? {}).length > 0);
    if (members.length === 1 && !hasSummary) single.push({ node: first, description });
    else tables.push(renderStage(name, description, members));
  }
  const others =
    single.length === 0
      ? null
      : renderStageTable(
          tables.length === 0 ? 'Stages' : 'Other stages',
          null,
          html`<p>Each has one node and no metrics.</p>`,
          [{ title: 'what it does', isNumber: false }, ...MAKING],
          single.map(({ node, description }) => ({
            node: node.node,
            name: node.node,
            isMade: isMade(node),
            cells: [{ text: description, key: description }, ...tellMaking(node)],
          })),
        );
  return { id: 'results', title: 'Results', html: html`${tables}${others}`.text };
}

function renderStage(name: string, description: string, nodes: readonly NodeStatus[]): Html {
  const { columns, rows, shared, hasAxes } = tabulateStage(nodes);
  const made = rows.filter((row) => row.isMade).length;
  const count = made === rows.length ? `${made}` : `${made} of ${rows.length}`;
  const about = html`${description === '' ? null : html`<p>${description}</p>`}${
    shared.size === 0 ? null : html`<p>With ${joinParts(wordParameters(shared))}.</p>`
  }`;
  return renderStageTable(name, count, about, columns, rows, hasAxes);
}

/** `epochs=30`, each as code. */
function wordParameters(values: ReadonlyMap<string, Json>): Html[] {
  return [...values].map(([name, value]) => html`<code>${name}=${tellValue(value)}</code>`);
}

function renderStageTable(
  title: string,
  count: string | null,
  about: Html,
  columns: readonly StageColumn[],
  rows: readonly { node: string; name: string; isMade: boolean; cells: readonly StageCell[] }[],
  namesLast = false,
): Html {
  const inOrder = (name: Html, others: readonly Html[]) =>
    namesLast ? [...others, name] : [name, ...others];
  const heading = renderHeading({ title: 'node', isNumber: false });
  return html`<div class="stage">
<h3>${title}${count === null ? null : html`<span class="count">${count}</span>`}</h3>
${about}
<div class="scroll" role="region" aria-label="${title}" tabindex="0">
<table class="nodes sortable">
<thead><tr>${inOrder(heading, columns.map(renderHeading))}</tr></thead>
<tbody>
${rows.map(({ node, name, isMade, cells }) => {
  const missing = isMade ? -1 : cells.indexOf(null);
  const others = cells.map((cell, i) =>
    renderCell(cell, columns[i]?.isNumber === true, i === missing ? 'no result' : '–'),
  );
  const style = isMade ? null : html` class="unmade"`;
  return html`<tr id="${nameRow(node)}"${style}>${inOrder(html`<th scope="row">${name}</th>`, others)}</tr>
`;
})}</tbody>
</table>
</div>
</div>
`;
}

/** What the row of a node is called in addresses. */
export function nameRow(node: string): string {
  return `node-${encodeURIComponent(node)}`;
}

function renderHeading({ title, isNumber }: StageColumn): Html {
  return html`<th scope="col"${isNumber ? html` data-number` : null}><button type="button">${title}</button></th>`;
}

/** @param otherwise what stands for no value */
function renderCell(cell: StageCell, isNumber: boolean, otherwise: string): Html {
  const style = isNumber ? html` class="number"` : null;
  if (cell === null) return html`<td${style} data-value="">${otherwise}</td>`;
  // Whole sentences may be broken into lines.
  const shape = !isNumber && cell.text.length > 24 ? html` class="text"` : style;
  return html`<td${shape} data-value="${cell.key}">${cell.text}</td>`;
}

/** The graph. @param graph the SVG */
export function renderGraph(graph: string): ReportSection {
  const width = /^<svg[^>]* width="(\d+)"/.exec(graph)?.[1] ?? '600';
  return {
    id: 'graph',
    title: 'Pipeline',
    html: html`<p>Each box is a stage of <code>pipeline.yaml</code>, in the state of its least finished cell. Data flows from left to right.</p>
<div class="scroll graph" role="region" aria-label="Pipeline graph" tabindex="0" style="--width: ${width}px">
${new Html(graph)}</div>`.text,
  };
}

/** The command that brings targets up to date. */
export function wordRun(source: ReportSource, targets: readonly string[]): string {
  const settings = source.settings.flatMap((setting) => ['--set', setting]);
  const words = ['npx', 'pipeline', 'run', ...targets, '--profile', source.profile, ...settings];
  return words.map(quoteArgument).join(' ');
}

/** Parts with commas between them. */
export function joinParts(parts: readonly HtmlPart[]): HtmlPart {
  return parts.map((part, i) => (i === 0 ? part : [', ', part]));
}
