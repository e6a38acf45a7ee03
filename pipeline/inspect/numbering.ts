/** Inspection, what is recalled: texts by number, most of which had numbers before. */

/** Gives each text a number, the same one again. */
export class Numbering {
  readonly #before: readonly string[];
  /** The number of each text that had one before, in that order; -1 where it is gone. */
  readonly #kept: Int32Array;
  readonly #numbers = new Map<string, number>();
  readonly #all: string[] = [];
  #places: ReadonlyMap<string, number> | undefined;

  /** @param before texts that can be told by their places here, each once */
  constructor(before: readonly string[]) {
    this.#before = before;
    this.#kept = new Int32Array(before.length).fill(-1);
  }

  /** The number of a text that stood at a place before. */
  keep(place: number): number {
    const known = this.#kept[place] ?? -1;
    if (known !== -1) return known;
    const number = this.#all.push(this.#before[place] ?? '') - 1;
    this.#kept[place] = number;
    return number;
  }

  of(text: string): number {
    const place = this.#placeOf(text);
    if (place !== undefined) return this.keep(place);
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.#all.push(text) - 1;
    this.#numbers.set(text, number);
    return number;
  }

  /** As {@link keep}, but -1 for a text that has no number yet. */
  findKept(place: number): number {
    return this.#kept[place] ?? -1;
  }

  /** As {@link of}, but -1 for a text that has no number yet. */
  find(text: string): number {
    const place = this.#placeOf(text);
    return place === undefined ? (this.#numbers.get(text) ?? -1) : this.findKept(place);
  }

  /** The texts, each at the place that is its number. */
  all(): readonly string[] {
    return this.#all;
  }

  #placeOf(text: string): number | undefined {
    this.#places ??= new Map(this.#before.map((one, place) => [one, place]));
    return this.#places.get(text);
  }
}
