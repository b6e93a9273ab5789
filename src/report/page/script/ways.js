// The ways of a check over a drawing that many checks share: a line from hop to hop, numbers, what stops it.

const middle = ({ x, y, w, h: high }) => ({ x: x + w / 2, y: y + high / 2 });

/** Where the line from the middle of a box to a point leaves the box. */
function border(box, to) {
  const from = middle(box);
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const part = Math.min(box.w / 2 / Math.max(Math.abs(dx), 1e-6), box.h / 2 / Math.max(Math.abs(dy), 1e-6), 1);
  return { x: from.x + dx * part, y: from.y + dy * part };
}

/** A bow between two boxes; `bend` keeps several of them apart. */
function bow(from, to, bend) {
  const [a, b] = [border(from, middle(to)), border(to, middle(from))];
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const far = Math.hypot(dx, dy) || 1;
  const by = bend * Math.min(60, far * 0.18);
  const control = { x: (a.x + b.x) / 2 - dy / far * by, y: (a.y + b.y) / 2 + dx / far * by };
  const turned = Math.atan2(b.y - control.y, b.x - control.x) * 180 / Math.PI;
  return [
    svg('path', { class: 'leg', d: `M${a.x} ${a.y}Q${control.x} ${control.y} ${b.x} ${b.y}` }),
    svg('path', { class: 'head', transform: `translate(${b.x} ${b.y}) rotate(${turned})`, d: 'M1 0L-10 -5V5Z' }),
  ];
}

function layWays(view, answer) {
  for (const old of view.drawing.querySelectorAll('g.laid')) old.remove();
  if (!answer || answer.drawn !== undefined) return;
  answer.paths.forEach((path, number) => {
    const way = svg('g', { class: 'path laid', 'data-path': number + 1, 'data-answer': 'laid' });
    let before = null;
    let stopped = false;
    path.hops.forEach((hop, at) => {
      const thing = view.find(hop.thing);
      if (!thing) return;
      const box = view.box(thing);
      const stops = !stopped && path.mark !== 'yes' && (hop.issues || []).some((issue) => issue.error);
      const step = svg('g', { class: 'step' + (stopped || !hop.reached ? ' beyond' : ''), 'data-step': at + 1, 'data-node': hop.thing });
      const by = [...(hop.via || []).map((id) => view.find(id)).filter(Boolean).map((own) => view.box(own)), box];
      for (const next of by) {
        if (before && (before.x !== next.x || before.y !== next.y)) {
          step.append(...bow(before, next, 0.6 + number * 0.5));
        }
        before = next;
      }
      step.append(
        svg('circle', { class: 'badge-of-step', cx: box.x + box.w, cy: box.y, r: 9 }),
        svg('text', { x: box.x + box.w, y: box.y + 4 }, at + 1));
      if (stops) {
        step.classList.add('blocked');
        step.append(svg('path', { class: 'cross', transform: `translate(${box.x} ${box.y})`, d: 'M-7 -7L7 7M-7 7L7 -7' }));
      }
      stopped ||= stops;
      way.append(step);
    });
    view.drawing.insertBefore(way, view.packet);
  });
}
