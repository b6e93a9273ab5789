// The page: what is chosen, and everything that chooses.

const data = JSON.parse(byId('data').textContent);
const canvas = byId('canvas');
const view = new View(canvas, canvas.querySelector('svg'));
const chosen = { row: -1, answer: 0, path: 0, hop: -1 };

const row = () => data.rows[chosen.row];
const answer = () => row()?.answers?.[chosen.answer];
const path = () => answer()?.paths[chosen.path];

// --- choosing ---

/** The ways of the answer, its chosen path first among them. */
function showWays() {
  layWays(view, answer());
  const drawn = answer() && (answer().drawn ?? 'laid');
  for (const way of view.drawing.querySelectorAll('g.path[data-path]')) {
    const own = String(drawn) === (way.dataset.answer || '1') && drawn !== undefined;
    way.classList.toggle('away', !own);
    way.classList.toggle('faint', own && way.dataset.path !== String(chosen.path + 1));
  }
  const marks = row()?.marks;
  for (const mark of view.drawing.querySelectorAll('g.mark[data-mark]')) {
    mark.classList.toggle('faint', Boolean(marks) && !marks.includes(Number(mark.dataset.mark)));
  }
  const lines = answer() ? answer().paths.flatMap((own) => own.hops.flatMap((hop) => hop.edges || [])) : [];
  for (const id of used()) view.uncover(id);
  view.mark('used', [...used(), ...lines]);
}

/** What the chosen row is about, in the drawing. */
function used() {
  const hops = answer() ? answer().paths.flatMap((own) => own.hops) : [];
  return [...hops.flatMap((hop) => [hop.thing, ...(hop.via || [])]), ...(row()?.things || [])].filter(Boolean);
}

function chooseRow(at) {
  Object.assign(chosen, { row: at, answer: 0, path: 0, hop: -1 });
  for (const button of document.querySelectorAll('#rows button')) {
    button.toggleAttribute('aria-current', Number(button.dataset.row) === at);
  }
  closeThing();
  showRow();
  showWays();
  view.frame(used());
  view.move(null, null);
  view.mark('current', []);
  const own = row();
  say(`${own.word}: ${own.name}`);
}

function choosePath(answerAt, pathAt) {
  Object.assign(chosen, { answer: answerAt, path: pathAt, hop: -1 });
  showRow();
  showWays();
  view.move(null, null);
  view.mark('current', []);
}

/** The options of every path of every connection, where there are several. */
function pathChoice() {
  const answers = row().answers || [];
  const all = answers.flatMap((own, a) => own.paths.map((way, p) => ({ own, way, a, p })));
  if (all.length < 2) return null;
  const options = all.map(({ own, way, a, p }, at) => {
    const which = answers.length > 1 ? `${own.asked}: ` : '';
    const of = own.paths.length > 1 ? `path ${p + 1} of ${own.paths.length} (${way.share})` : own.word;
    return h('option', { value: at, selected: a === chosen.answer && p === chosen.path }, `${SIGN[way.mark]} ${which}${of}`);
  });
  const change = (event) => {
    const { a, p } = all[Number(event.target.value)];
    choosePath(a, p);
    byId('ways').focus();
  };
  return h('p', {}, h('label', { for: 'ways', class: 'unseen' }, 'Path'), h('select', { id: 'ways', change }, options));
}

function showRow() {
  const own = row();
  const found = answer();
  byId('details').replaceChildren(...[
    own.section && h('p', { class: 'kind' }, own.section),
    !found && h('h2', {}, sign(own.mark, own.word), ' ', own.name),
    own.section && found && h('h2', {}, sign(own.mark, own.word), ' ', own.name),
    own.place && h('p', { class: 'place' }, own.place),
    own.differences && differencesTable(own.differences),
    own.why && (found
      ? h('details', {}, h('summary', {}, 'Why it came so'), own.why.map((text) => h('p', {}, prose(text))))
      : own.why.map((text) => h('p', {}, prose(text)))),
    found && data.rows.length > 1 && h('p', { class: 'verdict ' + found.mark }, sign(found.mark, ''), ' ', h('strong', {}, found.word), ' ', found.asked),
    pathChoice(),
    path() && pathPart(data, path(), chooseHop),
    found && answerRest(found),
  ].flat(9).filter(Boolean));
  showStepper();
}

function chooseHop(at, from = 'list') {
  const hops = path()?.hops;
  if (!hops || at < 0 || at >= hops.length) return;
  const same = chosen.hop === at && from === 'list';
  const forward = at > chosen.hop;
  chosen.hop = same ? -1 : at;
  closeThing();
  const items = document.querySelectorAll('#details .hop');
  items.forEach((item, own) => {
    const open = own === chosen.hop;
    item.classList.toggle('open', open);
    item.querySelector('button').setAttribute('aria-expanded', String(open));
    item.querySelector('.body').hidden = !open;
  });
  showStepper();
  if (same) {
    view.move(null, null);
    view.mark('current', []);
    return;
  }
  const hop = hops[at];
  const thing = view.find(hop.thing);
  view.uncover(hop.thing);
  view.mark('current', [hop.thing]);
  view.reveal(thing);
  view.move(wayStep(at), thing, forward);
  scrollTo(items[at]);
  const stops = (hop.issues || []).filter((issue) => issue.error).map((issue) => issue.message.replaceAll('`', ''));
  say(`Hop ${at + 1} of ${hops.length}: ${hop.name}, ${hop.kind}${hop.reached ? '' : ', not reached'}. ${stops.join('. ')}`);
}

/** What is drawn of a hop of the chosen path. */
function wayStep(at) {
  const ways = view.drawing.querySelectorAll(`g.path[data-path="${chosen.path + 1}"]:not(.return):not(.away)`);
  return ways[0]?.querySelector(`g.step[data-step="${at + 1}"]`);
}

/** Scrolls the panel, and never the page. */
function scrollTo(item) {
  const panel = byId('panel');
  if (panel.scrollHeight <= panel.clientHeight + 1) return;
  const top = item.getBoundingClientRect().top - panel.getBoundingClientRect().top;
  panel.scrollTo({ top: panel.scrollTop + top - 12, behavior: still() ? 'auto' : 'smooth' });
}

function showStepper() {
  const hops = path()?.hops || [];
  byId('stepper').hidden = hops.length === 0;
  byId('previous').disabled = chosen.hop <= 0;
  byId('next').disabled = chosen.hop >= hops.length - 1;
  const hop = hops[chosen.hop];
  byId('where').replaceChildren(hop
    ? h('span', {}, `Hop ${chosen.hop + 1} of ${hops.length}: `, h('bdi', {}, hop.name))
    : h('span', {}, hops.length === 1 ? '1 hop' : `${hops.length} hops`));
}

const step = (by) => chooseHop(chosen.hop + by, 'step');

// --- things ---

function closeThing() {
  if (!byId('thing').hasChildNodes()) return;
  byId('thing').replaceChildren();
  view.mark('picked', []);
}

/** Shows what was picked in the drawing: the hop, where the chosen path comes by it, else the thing itself. */
function pick(id) {
  const hops = path()?.hops || [];
  const at = hops.findIndex((hop) => hop.thing === id);
  if (at >= 0) {
    chooseHop(at, 'drawing');
    return;
  }
  const shown = view.find(id);
  const fold = shown?.classList.contains('vnet') ? () => view.fold(id, !view.folded.has(id)) : null;
  const card = thingCard(data, id, () => { closeThing(); shown?.focus(); }, fold);
  if (!card) return;
  byId('thing').replaceChildren(card);
  view.mark('picked', [id]);
  byId('panel').scrollTo({ top: 0 });
  say(`${data.things[id].kind} ${data.things[id].name}`);
}

canvas.addEventListener('click', (event) => {
  if (view.wasDragged()) return;
  const cover = event.target.closest('g.cover');
  if (cover) {
    view.fold(cover.dataset.of, false);
    view.frame([cover.dataset.of]);
    return;
  }
  const hit = event.target.closest('g.step, g.node, g.vnet, g.subnet, g.region, g.edge');
  if (!hit) return;
  if (hit.classList.contains('step')) pick(hit.dataset.node);
  else pick(hit.id);
});

for (const [id, thing] of Object.entries(data.things)) {
  const shown = view.find(id);
  if (!shown || shown.classList.contains('edge')) continue;
  shown.setAttribute('tabindex', 0);
  shown.setAttribute('role', 'button');
  shown.setAttribute('aria-label', [thing.kind, thing.name, thing.detail].filter(Boolean).join(' '));
}

// --- keys ---

canvas.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const far = 60;
  const keys = {
    ArrowLeft: () => view.pan(far, 0),
    ArrowRight: () => view.pan(-far, 0),
    ArrowUp: () => view.pan(0, far),
    ArrowDown: () => view.pan(0, -far),
    '+': () => view.zoom(1 / 1.25),
    '=': () => view.zoom(1 / 1.25),
    '-': () => view.zoom(1.25),
    0: () => view.fit(),
    Enter: () => event.target.id && data.things[event.target.id] && pick(event.target.id),
  };
  const run = keys[event.key];
  if (!run) return;
  event.preventDefault();
  event.stopPropagation();
  run();
});

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest('input, select, textarea, [role=region], pre');
  if (event.key === 'Escape' && !typing) closeThing();
  if (event.key === '/' && !typing) {
    event.preventDefault();
    byId('search').focus();
  }
  if (typing) return;
  if (event.key === 'ArrowRight' || event.key === 'n') step(1);
  else if (event.key === 'ArrowLeft' || event.key === 'p') step(-1);
  else return;
  event.preventDefault();
});

/** What is tabbed to comes into view. */
canvas.addEventListener('focusin', (event) => {
  if (event.target.matches('g[data-x]:focus-visible')) view.reveal(event.target);
});

// --- search ---

const search = byId('search');
const results = byId('results');
let active = -1;

function found() {
  const wanted = search.value.trim().toLowerCase();
  if (!wanted) return [];
  const things = Object.entries(data.things).filter(([id]) => !id.startsWith('e-'));
  const rank = ([, thing]) => {
    const name = thing.name.toLowerCase();
    if (name.startsWith(wanted)) return 0;
    if (name.includes(wanted)) return 1;
    return [thing.detail, ...(thing.facts || [])].some((text) => text?.toLowerCase().includes(wanted)) ? 2 : -1;
  };
  const ranked = things.map((own) => [rank(own), own]).filter(([own]) => own >= 0);
  return ranked.sort((a, b) => a[0] - b[0]).map(([, own]) => own);
}

function closeResults() {
  results.hidden = true;
  search.setAttribute('aria-expanded', 'false');
  search.removeAttribute('aria-activedescendant');
  active = -1;
}

function showResults() {
  const all = found();
  canvas.classList.toggle('searching', search.value.trim() !== '');
  view.mark('match', all.map(([id]) => id));
  if (!search.value.trim()) {
    closeResults();
    return;
  }
  const shown = all.slice(0, 12);
  results.replaceChildren(...shown.map(([id, thing], at) => h('li', {
    role: 'option', id: `result-${at}`, 'data-id': id, 'aria-selected': 'false',
    mousedown: (event) => { event.preventDefault(); take(id); },
  }, h('bdi', { class: 'name' }, thing.name), ' ', h('small', {}, thing.kind, thing.detail && ' · ' + thing.detail))));
  if (!shown.length) results.append(h('li', { class: 'hint' }, 'Nothing of that name or address'));
  results.hidden = false;
  search.setAttribute('aria-expanded', 'true');
  activate(shown.length ? 0 : -1);
  say(all.length === 1 ? '1 result' : `${all.length} results`);
}

function activate(at) {
  const options = [...results.querySelectorAll('[role=option]')];
  active = at;
  options.forEach((option, own) => option.setAttribute('aria-selected', String(own === at)));
  if (options[at]) search.setAttribute('aria-activedescendant', options[at].id);
  else search.removeAttribute('aria-activedescendant');
  options[at]?.scrollIntoView({ block: 'nearest' });
}

function take(id) {
  closeResults();
  canvas.classList.remove('searching');
  view.mark('match', []);
  view.uncover(id);
  pick(id);
  const shown = view.find(id);
  view.reveal(shown);
  shown?.focus();
}

search.addEventListener('input', showResults);
search.addEventListener('blur', closeResults);
search.addEventListener('keydown', (event) => {
  const options = results.querySelectorAll('[role=option]');
  if (event.key === 'ArrowDown' && options.length) activate((active + 1) % options.length);
  else if (event.key === 'ArrowUp' && options.length) activate((active - 1 + options.length) % options.length);
  else if (event.key === 'Enter' && options[active]) take(options[active].dataset.id);
  else if (event.key === 'Escape') {
    search.value = '';
    showResults();
  } else return;
  event.preventDefault();
});

// --- the list of checks ---

function showRows() {
  const wanted = byId('filter').value.trim().toLowerCase();
  const failed = byId('failed').checked;
  let count = 0;
  for (const button of document.querySelectorAll('#rows button')) {
    const own = data.rows[Number(button.dataset.row)];
    const shown = (!failed || own.mark !== 'yes') && `${own.section} ${own.name}`.toLowerCase().includes(wanted);
    button.parentNode.hidden = !shown;
    count += shown;
  }
  byId('count').textContent = `${count} of ${data.rows.length}`;
}

function listRows() {
  let section;
  const items = data.rows.flatMap((own, at) => {
    const button = h('button', { type: 'button', 'data-row': at, click: () => chooseRow(at) },
      sign(own.mark, own.word), h('bdi', {}, own.name), own.section && h('small', {}, own.section));
    section = own.section;
    return [h('li', {}, button)];
  });
  byId('rows').replaceChildren(...items);
  byId('filter').addEventListener('input', showRows);
  byId('failed').addEventListener('change', showRows);
  showRows();
}

// --- the rest ---

const themes = matchMedia('(prefers-color-scheme: dark)');
const isDark = () => (document.documentElement.dataset.theme || (themes.matches ? 'dark' : 'light')) === 'dark';
function showTheme() {
  byId('theme').setAttribute('aria-pressed', String(isDark()));
}
byId('theme').addEventListener('click', () => {
  document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
  showTheme();
});
themes.addEventListener('change', showTheme);
showTheme();

byId('in').addEventListener('click', () => view.zoom(1 / 1.4));
byId('out').addEventListener('click', () => view.zoom(1.4));
byId('fit').addEventListener('click', () => view.fit());
byId('fold').addEventListener('click', () => view.foldAll(view.folded.size < view.foldable().length));
byId('previous').addEventListener('click', () => step(-1));
byId('next').addEventListener('click', () => step(1));
byId('print').addEventListener('click', () => print());

let closed = [];
let theme;
addEventListener('beforeprint', () => {
  closed = [...document.querySelectorAll('#panel details:not([open])')].filter((own) => !own.contains(byId('text')));
  for (const own of closed) own.open = true;
  theme = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = 'light';
  view.fit();
});
addEventListener('afterprint', () => {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  for (const own of closed) own.open = false;
});

view.addFolds();
byId('legend').append(view.legend());
const words = byId('text');
const tree = contentsTree(data, take);
if (data.rows.length) {
  const folded = h('details', { id: 'words' }, h('summary', {}, 'All of it as text'));
  words.replaceWith(folded);
  folded.append(words);
  byId('panel').append(h('details', { class: 'drawn' }, h('summary', {}, 'Everything that is drawn'), tree));
} else {
  words.replaceWith(tree);
}
if (data.rows.length > 1) listRows();
if (data.rows.length) chooseRow(Math.max(0, data.rows.length > 1 ? data.rows.findIndex((own) => own.mark === 'no') : 0));
else showStepper();
if (view.foldable().length > 12 && view.drawing.querySelectorAll('g.node').length > 150 && !path()) view.foldAll(true);
byId('live').textContent = '';
