/** The content of a folder as a text that is equal for equal folders. */

import type { Digest } from './canonical.ts';

/** A file of a folder. Whether its owner may execute it is content: who reads it sees it. */
export interface TreeFile {
  readonly digest: Digest;
  readonly size: number;
  readonly executable: boolean;
}

/**
 * What is in a folder, by path with `/`; bytes of names that are not UTF-8 as `system/byte-names.ts`
 * writes them. Rights are not in it, as they follow from who made the folder, and not from what.
 */
export interface TreeManifest {
  readonly files: ReadonlyMap<string, TreeFile>;
  /** Symbolic links that stay inside: what they point to, as it is written in them. */
  readonly links: ReadonlyMap<string, string>;
  /** Folders with nothing in them. The others follow from the paths. */
  readonly folders: ReadonlySet<string>;
}

/**
 * The canonical text of a manifest: JSON without spaces, names in the order of their code units. Put
 * together by itself, because a folder may hold a hundred thousand files.
 *
 * @param plain writes it as if no file could be executed
 */
export function formatTree({ files, links, folders }: TreeManifest, plain = false): string {
  const filesText = [...files.keys()].sort().map((name) => {
    const { digest = '', size = 0, executable = false } = files.get(name) ?? {};
    const flag = executable && !plain ? '"executable":true,' : '';
    return `${JSON.stringify(name)}:{"digest":"${digest}",${flag}"size":${size}}`;
  });
  let text = `{"files":{${filesText.join(',')}}`;
  if (folders.size > 0) text += `,"folders":${JSON.stringify([...folders].sort())}`;
  if (links.size > 0) {
    const linksText = [...links.keys()]
      .sort()
      .map((name) => `${JSON.stringify(name)}:${JSON.stringify(links.get(name))}`);
    text += `,"links":{${linksText.join(',')}}`;
  }
  return `${text}}`;
}

/** Reads what {@link formatTree} wrote. @throws SyntaxError where it is not JSON */
export function parseTree(text: string): TreeManifest {
  const { files = {}, links = {}, folders = [] } = JSON.parse(text) as Partial<WrittenTree>;
  return {
    files: new Map(
      Object.entries(files).map(([name, { digest, size, executable = false }]) => [
        name,
        { digest, size, executable },
      ]),
    ),
    links: new Map(Object.entries(links)),
    folders: new Set(folders),
  };
}

interface WrittenTree {
  readonly files: Readonly<
    Record<string, Omit<TreeFile, 'executable'> & { readonly executable?: true }>
  >;
  readonly links: Readonly<Record<string, string>>;
  readonly folders: readonly string[];
}
