/** The list of contents: at the side of a wide window, folded above the page in a narrow one. */

import { find } from './page.ts';

/** Windows that have the list at their side; `report.css` lays them out. */
const WIDE = '(min-width: 75rem)';

/** Folds and unfolds the list as the window asks for, and folds it again where a link of it was followed. */
export function setUpContents(): void {
  const contents = find<HTMLDetailsElement>('#contents');
  const wide = window.matchMedia(WIDE);
  const follow = () => {
    contents.open = wide.matches;
  };
  wide.addEventListener('change', follow);
  contents.addEventListener('click', ({ target }) => {
    if (target instanceof HTMLAnchorElement) follow();
  });
  follow();
}
