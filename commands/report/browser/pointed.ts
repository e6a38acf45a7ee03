/** What a mark that is pointed at stands for: told in a line below the chart, where it covers no other mark. */

/** Called by Vega where the pointer comes to a mark or leaves one; the value is null or empty where it tells nothing. */
export type TellMark = (handler: unknown, event: unknown, item: unknown, value: unknown) => void;

/** Makes what tells of marks in an element. */
export function tellMarks(place: HTMLElement): TellMark {
  return (_handler, _event, _item, value) => {
    if (typeof value !== 'object' || value === null) {
      place.replaceChildren();
      return;
    }
    place.replaceChildren(
      ...Object.entries(value).flatMap(([name, content]) => {
        const label = document.createElement('span');
        label.textContent = `${name.replaceAll('_', ' ')} `;
        const told = document.createElement('b');
        told.textContent = tellContent(String(content));
        label.append(told);
        return [label, document.createTextNode(' ')];
      }),
    );
  };
}

/** Numbers to four significant digits where they have more behind the point; yes and no. */
function tellContent(text: string): string {
  if (text === 'true') return 'yes';
  if (text === 'false') return 'no';
  if (!/^-?\d+\.\d{4,}(?:e[+-]?\d+)?$|^-?\d(?:\.\d{4,})?e-\d+$/.test(text)) return text;
  const value = Number(text);
  return String(Number(value.toPrecision(Math.abs(value) >= 1000 ? 6 : 4)));
}
