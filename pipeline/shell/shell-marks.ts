/** Marks in the texts of a command for what is known only when it runs: values of a node, variables. */

/** How marks are written: with characters that no command holds. */
export const MARK = {
  value: (index: number): string => `\uE001${index}\uE002`,
  /** @param otherwise what stands for it where it is not set; null where nothing does */
  variable: (name: string, otherwise: string | null): string =>
    `\uE003${name}${otherwise === null ? '' : `\uE004${otherwise}`}\uE005`,
  unknown: '\uE006',
} as const;

const VALUE = /\uE001(\d+)\uE002/g;
const VARIABLE = /\uE003(\w+)(?:\uE004([^\uE003\uE005]*))?\uE005/g;

/** What stands behind marks; null is what cannot be told. */
export interface MarkedValues {
  readonly valueOf: (index: number) => string | null;
  readonly variableOf: (name: string) => string | null;
}

/** A text with what its marks stand for; null where one of them cannot be told. */
export function fillMarks(text: string | null, values: MarkedValues): string | null {
  if (text === null || text.includes(MARK.unknown)) return null;
  let isKnown = true;
  const known = (value: string | null) => {
    isKnown &&= value !== null;
    return value ?? '';
  };
  const filled = text
    .replaceAll(VALUE, (_, index: string) => known(values.valueOf(Number(index))))
    .replaceAll(VARIABLE, (_, name: string, otherwise?: string) =>
      known(values.variableOf(name) ?? otherwise ?? null),
    );
  return isKnown ? filled : null;
}
