/** Key of a cell; scores from 1 to the number of bins, which is best. */
export function cellKey(r, f, m) {
  return `${r},${f},${m}`;
}

/**
 * Segments and the cells that they share out, while somebody changes them.
 *
 * A segment is `{key, name, color}`; one that is not saved yet has a negative key. A
 * cell has the key of its segment, or nothing after its segment was deleted: painting
 * cannot make a gap, deleting can. `m` 0 stands for all amounts.
 */
export class GridEditor {
  constructor({bins, segments, cells, figures}) {
    this.bins = bins;
    this.segments = segments.map((segment) => ({...segment}));
    this.cells = {};
    for (const [r, f, m, key] of cells) {
      this.cells[cellKey(r, f, m)] = key;
    }
    this.figures = {};
    for (const [r, f, m, customers, amount] of figures) {
      this.figures[cellKey(r, f, m)] = {customers, amount};
    }
    this.brush = this.segments.length ? this.segments[0].key : 0;
    this.history = [];
    this.saved = this.content;
  }

  /** Scores, the best first. */
  get scores() {
    return Array.from({length: this.bins}, (_, index) => this.bins - index);
  }

  /** The amounts that a view of one or of all of them covers. */
  amounts(m) {
    return m ? [m] : this.scores;
  }

  get content() {
    return JSON.stringify([
      this.segments.map(({key, name, color}) => [key, name, color]),
      Object.entries(this.cells).sort(),
    ]);
  }

  get changed() {
    return this.content !== this.saved;
  }

  segment(key) {
    return this.segments.find((segment) => segment.key === key);
  }

  /** Segments of a place of the matrix with their share of the amounts, best first. */
  parts(r, f, m = 0) {
    const counts = new Map();
    for (const amount of this.amounts(m)) {
      const key = this.cells[cellKey(r, f, amount)] || 0;
      counts.set(key, (counts.get(key) || 0) + 1);
    }
    return [...counts].map(([key, size]) => ({segment: this.segment(key), key, size}));
  }

  /** Customers and revenue of a place of the matrix. */
  figure(r, f, m = 0) {
    return this.add(this.amounts(m).map((amount) => cellKey(r, f, amount)));
  }

  /** Customers and revenue of a segment, by the cells as they are painted. */
  total(key) {
    return this.add(Object.keys(this.cells).filter((cell) => this.cells[cell] === key));
  }

  add(cells) {
    const result = {customers: 0, amount: 0};
    for (const cell of cells) {
      const figure = this.figures[cell];
      if (figure) {
        result.customers += figure.customers;
        result.amount += figure.amount;
      }
    }
    return result;
  }

  get all() {
    return this.add(Object.keys(this.cells));
  }

  /** Cells without a segment, as people call them; all amounts of a place are one. */
  get unassigned() {
    const names = [];
    for (const r of this.scores) {
      for (const f of this.scores) {
        const open = this.scores.filter((m) => !this.cells[cellKey(r, f, m)]);
        if (open.length === this.bins) {
          names.push(`R${r} F${f}`);
        } else {
          names.push(...open.map((m) => `R${r} F${f} M${m}`));
        }
      }
    }
    return names;
  }

  // Changes

  /** Keep what there is, to come back to it. */
  remember() {
    this.history.push({
      segments: this.segments.map((segment) => ({...segment})),
      cells: {...this.cells},
    });
  }

  undo() {
    const last = this.history.pop();
    if (last) {
      this.segments = last.segments;
      this.cells = last.cells;
      this.pick(this.brush);
    }
  }

  pick(key) {
    const found = this.segment(key) || this.segments[0];
    this.brush = found ? found.key : 0;
  }

  /** Give a place of the matrix to the segment picked; whether anything changed. */
  paint(r, f, m = 0) {
    const keys = this.amounts(m).map((amount) => cellKey(r, f, amount));
    if (!this.brush || keys.every((key) => this.cells[key] === this.brush)) {
      return false;
    }
    this.remember();
    for (const key of keys) {
      this.cells[key] = this.brush;
    }
    return true;
  }

  addSegment(name, color) {
    this.remember();
    const key = Math.min(0, ...this.segments.map((segment) => segment.key)) - 1;
    this.segments.push({key, name, color, description: ""});
    this.brush = key;
    return key;
  }

  /** Change the name or the colour of a segment. */
  change(key, values) {
    this.remember();
    Object.assign(this.segment(key), values);
  }

  /** Move a segment towards the best (-1) or the worst (1). */
  move(key, step) {
    const from = this.segments.findIndex((segment) => segment.key === key);
    const to = from + step;
    if (to < 0 || to >= this.segments.length) {
      return;
    }
    this.remember();
    const [segment] = this.segments.splice(from, 1);
    this.segments.splice(to, 0, segment);
  }

  /** Delete a segment; its cells are left without one. */
  remove(key) {
    this.remember();
    this.segments = this.segments.filter((segment) => segment.key !== key);
    for (const cell of Object.keys(this.cells)) {
      if (this.cells[cell] === key) {
        this.cells[cell] = 0;
      }
    }
    this.pick(this.brush);
  }

  /** What the server takes: segments, and all cells that have one. */
  get payload() {
    const segments = this.segments.map(({key, name, color}) => ({key, name, color}));
    const cells = Object.entries(this.cells)
      .filter(([, key]) => key)
      .map(([cell, key]) => [...cell.split(",").map(Number), key]);
    return [segments, cells];
  }
}
