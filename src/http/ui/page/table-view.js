/** A table of figures that is only touched where they have changed. */
import { element } from './element.js';

/**
 * Its roles are written out: on narrow screens its rows are cards, which would be no table any more to a screen reader.
 * @param columns `{title, of(row), isNumber?, isProse?}`; the first one names the row
 * @param empty what it says without rows
 */
export function createTable(container, caption, columns, empty) {
  const body = element('tbody', [], { role: 'rowgroup' });
  const classOf = ({ isNumber, isProse }) =>
    isNumber ? { class: 'number' } : isProse ? { class: 'prose' } : {};
  const titles = columns.map((column) =>
    element('th', [column.title], { scope: 'col', role: 'columnheader', ...classOf(column) }),
  );
  const head = element('thead', [element('tr', titles, { role: 'row' })], { role: 'rowgroup' });
  container.append(element('table', [element('caption', [caption]), head, body], { role: 'table' }));
  let shown;
  return (rows) => {
    const texts = rows.map((row) => columns.map(({ of }) => String(of(row))));
    const all = JSON.stringify(texts);
    if (all === shown) return;
    shown = all;
    const none = element('td', [empty], { colspan: String(columns.length), class: 'none', role: 'cell' });
    const toCell = (text, index) => {
      const { title } = columns[index];
      if (index === 0) return element('th', [text], { scope: 'row', role: 'rowheader' });
      const name = text === '' ? {} : { 'data-title': title };
      return element('td', [text], { role: 'cell', ...name, ...classOf(columns[index]) });
    };
    const lines = texts.map((cells) => element('tr', cells.map(toCell), { role: 'row' }));
    body.replaceChildren(...(lines.length > 0 ? lines : [element('tr', [none], { role: 'row' })]));
  };
}
