// Elements made of data: text is only ever set as text, so that no name can become markup.

const byId = (id) => document.getElementById(id);
const SIGN = { yes: '✓', no: '✗', some: '!' };
const SAID = { yes: 'yes', no: 'no', some: 'in part' };

function element(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(key, value);
    else if (value === true) made.setAttribute(key, '');
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

const h = (name, attributes = {}, ...children) => element(document.createElement(name), attributes, children);

const svg = (name, attributes = {}, ...children) =>
  element(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);

/** A sign that is read as a word. */
const sign = (mark, word) =>
  h('span', { class: 'sign ' + mark }, h('span', { 'aria-hidden': 'true' }, SIGN[mark]),
    h('span', { class: 'unseen' }, word || SAID[mark]));

/** A text whose pieces in backticks are code. */
function prose(text) {
  const pieces = text.split('`');
  if (pieces.length % 2 === 0) return [text];
  return pieces.map((piece, at) => (at % 2 ? h('code', {}, piece) : piece));
}

/** A text that may break between its words, and behind commas and slashes. */
function breakable(text) {
  const pieces = text.split(/(?<=[a-z])(?=[A-Z])|(?<=[,/_-])/);
  return pieces.flatMap((piece, at) => (at ? [document.createElement('wbr'), piece] : [piece]));
}

/** Says something to who listens to the page. */
function say(text) {
  byId('live').textContent = text;
}

const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
