/** The frame that every report's page has: head, styles, headings with their links, what sorts tables. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReportPage } from '../contract/command.ts';
import { Html, html } from './html.ts';

/** The files of the frame, as texts. */
export interface PageFiles {
  readonly styles: string;
  readonly script: string;
}

/**
 * Reads the files of the frame.
 *
 * @param program the folder of this program's package
 * @throws a system error where they are not there
 */
export function readPageFiles(program: string): PageFiles {
  const read = (name: string) => readFileSync(join(program, 'report/page', name), 'utf8');
  return { styles: read('report.css'), script: read('sort-tables.js') };
}

/** Renders a page. The same parts give the same text. */
export function renderReportPage(page: ReportPage, { styles, script }: PageFiles): string {
  const { title, header, sections, contents, scripts = '' } = page;
  const links = sections.map(
    ({ id, title: full, label = full }) => html`<a href="#${id}-heading">${label}</a> `,
  );
  // Scripts of a page's own may be files, which no policy lets a page load that was opened as a file.
  const policy = scripts === '' ? policyFor(script) : null;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${policy === null ? null : html`<meta http-equiv="Content-Security-Policy" content="${policy}">\n`}<title>${title}</title>
<link rel="icon" href="data:,">
<style>
${new Html(styles + (page.styles ?? ''))}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the results</a>
<header>
${new Html(header)}
<nav aria-label="Contents">${contents === undefined ? links : new Html(contents)}</nav>
</header>
<main id="main">
${sections.map(
  ({ id, title: full, html: inner }) => html`<section aria-labelledby="${id}-heading">
<h2 id="${id}-heading">${full}</h2>
${new Html(inner)}
</section>
`,
)}</main>
<script>${new Html(script)}</script>
${new Html(scripts)}</body>
</html>
`.text;
}

/** Lets a page use what is in it, and load nothing. */
function policyFor(script: string): string {
  const digest = createHash('sha256').update(script).digest('base64');
  return `default-src 'none'; img-src 'self' data: file:; style-src 'unsafe-inline'; script-src 'sha256-${digest}'`;
}
