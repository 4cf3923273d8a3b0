/** A table of figures that is only touched where they have changed. */
import { element } from './element.js';

/**
 * @param columns `{title, of(row), isNumber?}`; the first one names the row
 * @param empty what it says without rows
 */
export function createTable(container, caption, columns, empty) {
  const body = element('tbody');
  const classOf = ({ isNumber }) => (isNumber ? { class: 'number' } : {});
  const titles = columns.map((column) => element('th', [column.title], { scope: 'col', ...classOf(column) }));
  container.append(
    element('table', [element('caption', [caption]), element('thead', [element('tr', titles)]), body]),
  );
  let shown;
  return (rows) => {
    const texts = rows.map((row) => columns.map(({ of }) => String(of(row))));
    const all = JSON.stringify(texts);
    if (all === shown) return;
    shown = all;
    const nothing = element('tr', [element('td', [empty], { colspan: String(columns.length) })]);
    const lines = texts.map((cells) =>
      element(
        'tr',
        cells.map((text, index) =>
          index === 0
            ? element('th', [text], { scope: 'row' })
            : element('td', [text], classOf(columns[index])),
        ),
      ),
    );
    body.replaceChildren(...(lines.length > 0 ? lines : [nothing]));
  };
}
