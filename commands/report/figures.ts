/** The figures of a profile: what its stages write as pictures, with their specs where they are made. */

import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { NodeStatus } from 'rederive/contract';

/** A figure as it stands. */
export interface FigureStatus {
  /** What its files are called, without ending: `figure1a-learning-curves`. */
  readonly name: string;
  /** The node that draws it. */
  readonly node: string;
  /** Null where it is not up to date. */
  readonly content: FigureContent | null;
  /** It shows wall-clock times: its content differs from run to run. */
  readonly isVolatile: boolean;
}

/** What a figure shows. */
interface FigureContent {
  readonly title: string;
  /** What data it shows, and what a reader has to know about it. */
  readonly caption: string;
  /** For those who cannot see it. */
  readonly description: string;
  /** Its Vega-Lite spec, as JSON; null for a picture without one. */
  readonly spec: object | null;
  /** Names of its files, by ending: `svg`, `png`, `csv`, `vl.json`, `pdf`. */
  readonly files: Readonly<Record<string, string>>;
}

const ENDING = /\.(vl\.json|plain\.svg|svg|png|csv|pdf|caption\.txt|tex|md)$/;

/**
 * Lists the figures among nodes in the paper's order, and after them those that the paper does not have, by name:
 * groups of outputs with one name, one of them a picture.
 */
export function listFigures(
  workspace: string,
  nodes: readonly NodeStatus[],
): readonly FigureStatus[] {
  const figures = nodes.flatMap((node) => {
    const groups = new Map<string, OutputGroup>();
    for (const [output, path] of Object.entries(node.outputs)) {
      const ending = ENDING.exec(path)?.[1];
      if (ending === undefined) continue;
      const stem = path.slice(0, -ending.length - 1);
      const group: OutputGroup = groups.get(stem) ?? { outputs: [], paths: new Map() };
      groups.set(stem, group);
      group.outputs.push(output);
      group.paths.set(ending, path);
    }
    return [...groups]
      .filter(([, { paths }]) => paths.has('svg') || paths.has('png'))
      .map(([stem, { outputs, paths }]): FigureStatus => {
        const isMade = node.state === 'up-to-date';
        return {
          name: basename(stem),
          node: node.node,
          content: isMade ? readContent(workspace, basename(stem), paths) : null,
          isVolatile: outputs.some((output) => node.volatile.includes(output)),
        };
      });
  });
  return figures.sort((a, b) => placeOf(a).localeCompare(placeOf(b), 'en', { numeric: true }));
}

/** What figures are sorted by: the paper's figures, its tables, others; of one number the volatile ones last. */
function placeOf({ name, isVolatile }: FigureStatus): string {
  const [, kind, number] = /^(figure|table)(\d+[a-z]?)\b/.exec(name) ?? [];
  const group = kind === 'figure' ? 0 : kind === 'table' ? 1 : 2;
  return [group, number ?? '', isVolatile ? 1 : 0, name].join(' ');
}

/** Outputs of one name: what the pipeline calls them, and their paths by ending. */
interface OutputGroup {
  readonly outputs: string[];
  readonly paths: Map<string, string>;
}

/** What of a Vega-Lite spec is shown beside the chart. */
interface TitledSpec {
  readonly title?:
    | string
    | { readonly text?: string; readonly subtitle?: string | readonly string[] };
  readonly description?: string;
  readonly usermeta?: { readonly caption?: string };
}

function readContent(
  workspace: string,
  name: string,
  paths: ReadonlyMap<string, string>,
): FigureContent {
  const path = paths.get('vl.json');
  const spec: (object & TitledSpec) | null =
    path === undefined ? null : JSON.parse(readFileSync(join(workspace, path), 'utf8'));
  const title = typeof spec?.title === 'string' ? { text: spec.title } : spec?.title;
  return {
    title: title?.text ?? name,
    caption: spec?.usermeta?.caption ?? [title?.subtitle ?? []].flat().join(' '),
    description: spec?.description ?? title?.text ?? name,
    spec,
    files: Object.fromEntries([...paths].map(([ending, file]) => [ending, basename(file)])),
  };
}
