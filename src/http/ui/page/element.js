/** Finds and makes the page's elements. What comes from outside only ever becomes text. */

/** The element with this id, which the page has. */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/** @param content texts and elements that go into it @param attributes by name */
export function element(name, content = [], attributes = {}) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

/** Shows `text`, and touches nothing if it is shown already: what is touched is read out. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
