/** What is told of a thing in the drawer. */

/** What the drawer shows of a place. */
export interface Told {
  /** What kind of thing it is. */
  readonly kind: string;
  readonly title: string;
  readonly body: readonly (Node | string)[];
  /** What is drawn once the body stands in the page. */
  readonly draw?: () => void;
}
