/** The figures of a report: outputs that are pictures, in the order in which they are declared. */

import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { NodeStatus } from '../contract/command.ts';
import { linkFrom, tellValue } from './format-value.ts';
import type { ReportSource } from './report-source.ts';

/** A picture, with the files that have its name and another ending. */
export interface Picture {
  /** Its name without folder and ending. */
  readonly name: string;
  readonly stage: string;
  readonly node: string;
  /** What its stage does, and the cell that it is of. */
  readonly caption: string;
  /** Address of the picture: its bytes, or that of the file where these are too many. Null where it is not made. */
  readonly address: string | null;
  /** Its files with their addresses, by ending. */
  readonly files: readonly (readonly [ending: string, address: string])[];
}

/** Endings of pictures, the one to be shown first, with their types. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['svg', 'image/svg+xml'],
  ['png', 'image/png'],
  ['webp', 'image/webp'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['gif', 'image/gif'],
]);
/** Bytes up to which a picture is in the page. */
const MOST_BYTES = 16 * 2 ** 20;
const ENDING = /\.(vl\.json|[a-z0-9]+)$/i;

/** Lists the pictures among the outputs, those of a stage together; other files of their names belong to them. */
export function findPictures(source: ReportSource): readonly Picture[] {
  return source.stages.flatMap(({ name, description }) =>
    source.nodes
      .filter(({ stage }) => stage === name)
      .flatMap((node) => listOfNode(source, node, description)),
  );
}

function listOfNode(source: ReportSource, node: NodeStatus, description: string): Picture[] {
  const groups = new Map<string, Map<string, string>>();
  for (const path of Object.values(node.outputs)) {
    const [dotted = '', ending = ''] = ENDING.exec(path) ?? [];
    if (ending === '') continue;
    const stem = path.slice(0, -dotted.length);
    const group = groups.get(stem) ?? new Map<string, string>();
    groups.set(stem, group.set(ending.toLowerCase(), path));
  }
  const isMade = node.state === 'up-to-date';
  return [...groups].flatMap(([stem, paths]): Picture[] => {
    const [shown] = [...TYPES].flatMap(([ending, type]) => {
      const path = paths.get(ending);
      return path === undefined ? [] : [{ path, type }];
    });
    if (shown === undefined) return [];
    const cell = Object.entries(node.cell).map(([axis, value]) => `${axis} ${tellValue(value)}`);
    return [
      {
        name: basename(stem),
        stage: node.stage,
        node: node.node,
        caption: [description, cell.join(', ')].filter((text) => text !== '').join(': '),
        address: isMade ? addressOf(source, shown.path, shown.type) : null,
        files: isMade
          ? [...paths].map(([ending, path]) => [ending, linkTo(source, path)] as const)
          : [],
      },
    ];
  });
}

function addressOf(source: ReportSource, path: string, type: string): string {
  const file = join(source.workspace, path);
  if (statSync(file).size > MOST_BYTES) return linkTo(source, path);
  return `data:${type};base64,${readFileSync(file, 'base64')}`;
}

function linkTo({ workspace, pageFolder }: ReportSource, path: string): string {
  return linkFrom(pageFolder, join(workspace, path));
}
