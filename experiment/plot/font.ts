/**
 * The typeface of every figure. It comes from an npm package and its bytes are checked, so that a
 * picture has the same bytes on a machine with other fonts, or with none.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type MeasureText, readAdvanceWidths } from './true-type.ts';

/** The family as the font files name it. */
export const FONT_FAMILY = 'Inter';

/** What the figures ask for: a browser without Inter takes its system's interface font. */
export const FONT_STACK = `${FONT_FAMILY}, system-ui, sans-serif`;

/** The weight of titles; everything else is set in weight 400. */
export const TITLE_WEIGHT = 600;

const PACKAGE = '@expo-google-fonts/inter';

/** File within the package, with the SHA-256 that version 0.4.2 has. */
const REGULAR = {
  file: '400Regular/Inter_400Regular.ttf',
  sha256: 'a414b48aa577ef2c62ebb135341ddeef33ee26a4f5dc9f787f93c1aab08ebb50',
};
const SEMI_BOLD = {
  file: '600SemiBold/Inter_600SemiBold.ttf',
  sha256: 'f30e9d2574c3bec5144347ff965f9841c8f06857f0b7383000f8c9489a161841',
};

/** The two weights in use: where their files are, and how wide their text is. */
export interface Typeface {
  readonly files: readonly string[];
  /** Width in pixels of the text at a font size in pixels; weights from 600 on are semi-bold. */
  readonly measure: (text: string, size: number, weight: number) => number;
}

/**
 * Loads the typeface.
 *
 * @throws Error where the package is missing or holds other bytes than the figures were made with.
 */
export function loadTypeface(): Typeface {
  const regular = loadFace(REGULAR);
  const semiBold = loadFace(SEMI_BOLD);
  return {
    files: [regular.path, semiBold.path],
    measure: (text, size, weight) =>
      size * (weight >= TITLE_WEIGHT ? semiBold : regular).measure(text),
  };
}

function loadFace(face: { readonly file: string; readonly sha256: string }): {
  readonly path: string;
  readonly measure: MeasureText;
} {
  const path = createRequire(import.meta.url).resolve(`${PACKAGE}/${face.file}`);
  const bytes = readFileSync(path);
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (digest !== face.sha256) {
    throw new Error(
      `${path}: expected SHA-256 ${face.sha256}, found ${digest}; ` +
        `install the version of ${PACKAGE} that package.json names (npm ci)`,
    );
  }
  return { path, measure: readAdvanceWidths(bytes) };
}
