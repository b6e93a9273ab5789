// The drawing: pan, zoom, fold, what is highlighted, and the packet that moves along a path.

class View {
  constructor(canvas, drawing) {
    this.canvas = canvas;
    this.drawing = drawing;
    // Title and legend stand in the page; what is left is what is to be seen.
    const parts = [...drawing.querySelectorAll('g.boxes, g.edges, g.nodes, g.path[data-path], g.mark')].map((part) => part.getBBox());
    const [x, y] = [Math.min(...parts.map((box) => box.x)) - 8, Math.min(...parts.map((box) => box.y)) - 8];
    const w = Math.max(...parts.map((box) => box.x + box.width)) - x + 8;
    const h = Math.max(...parts.map((box) => box.y + box.height)) - y + 8;
    this.whole = { x, y, w, h };
    this.centre = { x: x + w / 2, y: y + h / 2 };
    this.scale = 1;
    this.folded = new Map();
    this.within = new Map();
    for (const thing of drawing.querySelectorAll('[data-parent]')) {
      const parent = thing.dataset.parent;
      if (!this.within.has(parent)) this.within.set(parent, []);
      this.within.get(parent).push(thing);
    }
    drawing.removeAttribute('width');
    drawing.removeAttribute('height');
    drawing.setAttribute('role', 'group');
    drawing.setAttribute('preserveAspectRatio', 'xMidYMid meet');
    this.packet = svg('g', { class: 'packet', 'aria-hidden': 'true', display: 'none' },
      svg('circle', { r: 9, class: 'halo' }), svg('circle', { r: 5 }));
    drawing.append(this.packet);
    this.pointers = new Map();
    this.listen();
    new ResizeObserver(() => this.resized()).observe(canvas);
    this.fit();
  }

  // --- pan and zoom; `scale` is units of the drawing for a pixel ---

  size() {
    return { w: this.canvas.clientWidth || 1, h: this.canvas.clientHeight || 1 };
  }

  show() {
    const { w, h } = this.size();
    const { x, y } = this.centre;
    const [width, height] = [w * this.scale, h * this.scale];
    this.drawing.setAttribute('viewBox', `${x - width / 2} ${y - height / 2} ${width} ${height}`);
  }

  /** What was aimed at stays in view, until somebody moves the drawing. */
  resized() {
    if (this.aim) this.aim();
    else this.show();
  }

  scaleFor(box) {
    const { w, h } = this.size();
    return Math.max(box.w / w, box.h / h, 0.2) * 1.02;
  }

  go(x, y, scale) {
    cancelAnimationFrame(this.moving);
    const from = { x: this.centre.x, y: this.centre.y, scale: this.scale };
    const start = performance.now();
    const frame = (now) => {
      const part = still() ? 1 : Math.min(1, (now - start) / 300);
      const eased = 1 - (1 - part) ** 3;
      this.centre = { x: from.x + (x - from.x) * eased, y: from.y + (y - from.y) * eased };
      this.scale = from.scale * (scale / from.scale) ** eased;
      this.show();
      if (part < 1) this.moving = requestAnimationFrame(frame);
    };
    frame(start);
  }

  fit() {
    cancelAnimationFrame(this.moving);
    const { x, y, w, h } = this.whole;
    this.centre = { x: x + w / 2, y: y + h / 2 };
    this.scale = this.scaleFor(this.whole);
    this.aim = () => this.fit();
    this.show();
  }

  /** Shows some things as large as they can be read, with what is around them. */
  frame(ids) {
    const boxes = ids.map((id) => this.find(id)).filter(Boolean).map((thing) => this.box(thing));
    this.fit();
    this.aim = () => this.frame(ids);
    if (!boxes.length || this.scale < 1.3) return;
    const [x, y] = [Math.min(...boxes.map((box) => box.x)), Math.min(...boxes.map((box) => box.y))];
    const w = Math.max(...boxes.map((box) => box.x + box.w)) - x;
    const h = Math.max(...boxes.map((box) => box.y + box.h)) - y;
    const scale = Math.max(this.scaleFor({ w: w + 140, h: h + 120 }), 0.9);
    if (scale < this.scale) this.go(x + w / 2, y + h / 2, scale);
  }

  zoom(factor, at) {
    cancelAnimationFrame(this.moving);
    const farthest = this.scaleFor(this.whole) * 1.6;
    const scale = Math.min(Math.max(this.scale * factor, 0.15), Math.max(farthest, this.scale));
    const real = scale / this.scale;
    const fixed = at ? this.point(at) : this.centre;
    this.centre = {
      x: fixed.x + (this.centre.x - fixed.x) * real,
      y: fixed.y + (this.centre.y - fixed.y) * real,
    };
    this.scale = scale;
    this.aim = null;
    this.show();
  }

  pan(dx, dy) {
    cancelAnimationFrame(this.moving);
    const { x, y, w, h } = this.whole;
    const within = (value, low, high) => Math.min(Math.max(value, low), high);
    this.centre = {
      x: within(this.centre.x - dx * this.scale, x, x + w),
      y: within(this.centre.y - dy * this.scale, y, y + h),
    };
    this.aim = null;
    this.show();
  }

  point({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    return {
      x: this.centre.x + (clientX - box.left - box.width / 2) * this.scale,
      y: this.centre.y + (clientY - box.top - box.height / 2) * this.scale,
    };
  }

  listen() {
    const canvas = this.canvas;
    canvas.addEventListener('wheel', (event) => {
      event.preventDefault();
      const step = event.deltaMode === 1 ? event.deltaY * 20 : event.deltaY;
      this.zoom(Math.exp(Math.max(-120, Math.min(120, step)) / 400), event);
    }, { passive: false });
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      this.pointers.set(event.pointerId, event);
      this.dragged = 0;
    });
    canvas.addEventListener('pointermove', (event) => {
      const before = this.pointers.get(event.pointerId);
      if (!before) return;
      const others = [...this.pointers.values()].filter((own) => own.pointerId !== event.pointerId);
      if (others.length) {
        const far = (own) => Math.hypot(own.clientX - others[0].clientX, own.clientY - others[0].clientY);
        const middle = {
          clientX: (event.clientX + others[0].clientX) / 2,
          clientY: (event.clientY + others[0].clientY) / 2,
        };
        this.zoom(far(before) / Math.max(far(event), 1), middle);
        this.dragged = 99;
      } else {
        const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
        this.dragged += Math.abs(dx) + Math.abs(dy);
        if (this.dragged > 4) {
          // Only what is a drag is captured: a click goes to what it is on.
          if (!canvas.hasPointerCapture(event.pointerId)) canvas.setPointerCapture(event.pointerId);
          canvas.classList.add('dragging');
          this.pan(dx, dy);
        }
      }
      this.pointers.set(event.pointerId, event);
    });
    for (const end of ['pointerup', 'pointercancel']) {
      canvas.addEventListener(end, (event) => {
        this.pointers.delete(event.pointerId);
        canvas.classList.remove('dragging');
      });
    }
  }

  /** Whether the click that comes now ends a drag. */
  wasDragged() {
    return this.dragged > 4;
  }

  // --- what is drawn ---

  find(id) {
    return id ? this.drawing.querySelector('#' + CSS.escape(id)) : null;
  }

  box(thing) {
    const { x, y, w, h } = thing.dataset;
    if (x !== undefined) return { x: +x, y: +y, w: +w, h: +h };
    const box = thing.getBBox();
    return { x: box.x, y: box.y, w: box.width, h: box.height };
  }

  /** Brings something into view, large enough to be read. */
  reveal(thing) {
    if (!thing) return;
    this.aim = () => this.reveal(thing);
    const box = this.box(thing);
    const { w, h } = this.size();
    const [x, y] = [box.x + box.w / 2, box.y + box.h / 2];
    const inside = (at, size, centre, room) =>
      at - size / 2 > centre - room / 2 && at + size / 2 < centre + room / 2;
    const seen = inside(x, box.w, this.centre.x, w * this.scale) && inside(y, box.h, this.centre.y, h * this.scale);
    if (seen && this.scale < 1.6) return;
    this.go(x, y, Math.max(Math.min(this.scale, 1.2), box.w / w * 1.1, box.h / h * 1.1));
  }

  mark(name, ids) {
    for (const old of this.drawing.querySelectorAll('.' + name)) old.classList.remove(name);
    for (const id of ids) this.find(id)?.classList.add(name);
  }

  /** The legend, as a drawing of its own. */
  legend() {
    const own = this.drawing.querySelector('g.legend');
    if (!own) return '';
    const { x, y, width, height } = own.getBBox();
    const alone = svg('svg', { class: 'dryhop', viewBox: `${x - 4} ${y - 4} ${width + 8} ${height + 8}`, width: (width + 8) * 1.4, role: 'img', 'aria-label': 'Legend' });
    alone.append(own);
    return alone;
  }

  // --- folding ---

  children(id) {
    return (this.within.get(id) || []).flatMap((child) => [child, ...this.children(child.id)]);
  }

  foldable() {
    return [...this.drawing.querySelectorAll('g.vnet[id]')];
  }

  /** A button on each virtual network that folds it. */
  addFolds() {
    for (const vnet of this.foldable()) {
      const { x, y, w } = this.box(vnet);
      const name = vnet.dataset.name;
      const toggle = () => this.fold(vnet.id, !this.folded.has(vnet.id));
      const button = svg('g', {
        class: 'fold', role: 'button', tabindex: 0, 'data-of': vnet.id,
        transform: `translate(${x + w - 16} ${y + 16})`,
        click: (event) => { event.stopPropagation(); if (!this.wasDragged()) toggle(); },
        keydown: (event) => {
          if (event.key !== 'Enter' && event.key !== ' ') return;
          event.preventDefault();
          event.stopPropagation();
          toggle();
        },
      }, svg('circle', { r: 9 }), svg('path', { class: 'less', d: 'M-4 0H4' }), svg('path', { class: 'more', d: 'M0 -4V4' }));
      button.setAttribute('aria-label', `Contents of ${name}`);
      button.setAttribute('aria-expanded', 'true');
      this.drawing.insertBefore(button, this.packet);
    }
  }

  fold(id, folds, quietly = false) {
    const vnet = this.find(id);
    if (!vnet || folds === this.folded.has(id)) return;
    const inside = this.children(id);
    const button = this.drawing.querySelector(`.fold[data-of="${CSS.escape(id)}"]`);
    if (folds) {
      const { x, y, w, h } = this.box(vnet);
      const count = inside.filter((thing) => thing.classList.contains('node')).length;
      const name = vnet.dataset.name;
      const letters = Math.max([...name].length, 8);
      const large = Math.max(9, Math.min(w / letters * 1.4, h / 3.5, 160));
      const cover = svg('g', { class: 'cover', 'data-of': id, 'aria-hidden': 'true' },
        svg('rect', { x, y, width: w, height: h, rx: 8 }),
        svg('text', { x: x + w / 2, y: y + h / 2, 'font-size': large }, name),
        svg('text', { x: x + w / 2, y: y + h / 2 + large * 1.1, 'font-size': large * 0.55, class: 'count' },
          count === 1 ? '1 resource' : `${count} resources`));
      const above = this.drawing.querySelector('g.path') || this.drawing.querySelector('.fold');
      above.parentNode.insertBefore(cover, above);
      this.folded.set(id, cover);
    } else {
      this.folded.get(id).remove();
      this.folded.delete(id);
    }
    if (!quietly) this.hide();
    button?.setAttribute('aria-expanded', String(!folds));
    if (!quietly) say(`${vnet.dataset.name} ${folds ? 'folded' : 'unfolded'}`);
  }

  /** What stands in a folded network is not drawn, nor what joins only such things. */
  hide() {
    const within = new Map();
    for (const id of this.folded.keys()) {
      for (const child of this.children(id)) within.set(child.id, id);
    }
    for (const thing of this.drawing.querySelectorAll('[data-parent]')) {
      thing.classList.toggle('away', within.has(thing.id));
    }
    for (const edge of this.drawing.querySelectorAll('g.edge')) {
      const [from, to] = [edge.dataset.from, edge.dataset.to].map((end) => within.get(end) || (this.folded.has(end) ? end : undefined));
      edge.classList.toggle('away', from !== undefined && from === to);
    }
  }

  foldAll(folds) {
    for (const vnet of this.foldable()) this.fold(vnet.id, folds, true);
    this.hide();
    say(folds ? 'All virtual networks folded' : 'All virtual networks unfolded');
  }

  /** Unfolds what something stands in. */
  uncover(id) {
    for (const folded of [...this.folded.keys()]) {
      if (this.children(folded).some((child) => child.id === id)) this.fold(folded, false);
    }
  }

  // --- the packet ---

  /** Moves the packet to a hop, along the line that leads to it. */
  move(step, thing, forward) {
    cancelAnimationFrame(this.carrying);
    const line = forward && step && [...step.querySelectorAll('path, polyline, line')].find((own) => own.getTotalLength() > 20);
    const place = (point) => this.packet.setAttribute('transform', `translate(${point.x} ${point.y})`);
    if (!thing) {
      this.packet.setAttribute('display', 'none');
      return;
    }
    const box = this.box(thing);
    const rest = { x: box.x, y: box.y + box.h / 2 };
    this.packet.removeAttribute('display');
    if (!line || still()) {
      place(rest);
      return;
    }
    const length = line.getTotalLength();
    const start = performance.now();
    const frame = (now) => {
      const part = Math.min(1, (now - start) / 700);
      if (part < 1) {
        place(line.getPointAtLength(length * part));
        this.carrying = requestAnimationFrame(frame);
      } else {
        place(rest);
      }
    };
    frame(start);
  }
}
