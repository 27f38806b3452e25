import {expect, test} from "@odoo/hoot";
import {GridEditor} from "@crm_rfm/matrix/grid_editor";

/** Two scores: segment 1 has R2 and, of R1, F2 with M2; segment 2 has the rest. */
function editor() {
  const cells = [];
  for (const r of [1, 2]) {
    for (const f of [1, 2]) {
      for (const m of [1, 2]) {
        cells.push([r, f, m, r === 2 || (f === 2 && m === 2) ? 1 : 2]);
      }
    }
  }
  return new GridEditor({
    bins: 2,
    segments: [
      {key: 1, name: "Good", color: 10},
      {key: 2, name: "Bad", color: 1},
    ],
    cells,
    figures: [
      [2, 2, 2, 3, 300],
      [1, 2, 2, 2, 50],
      [1, 2, 1, 4, 20],
    ],
  });
}

test("what a place shows, by amount and by all", () => {
  const grid = editor();
  expect(grid.figure(1, 2)).toEqual({customers: 6, amount: 70});
  expect(grid.figure(1, 2, 2)).toEqual({customers: 2, amount: 50});
  expect(grid.parts(1, 2).map(({key, size}) => [key, size])).toEqual([
    [1, 1],
    [2, 1],
  ]);
  expect(grid.parts(2, 1).map(({key, size}) => [key, size])).toEqual([[1, 2]]);
  expect(grid.total(1)).toEqual({customers: 5, amount: 350});
  expect(grid.all).toEqual({customers: 9, amount: 370});
});

test("paint all amounts of a place, or one", () => {
  const grid = editor();
  grid.pick(2);
  expect(grid.paint(2, 2, 1)).toBe(true);
  expect(grid.cells["2,2,1"]).toBe(2);
  expect(grid.cells["2,2,2"]).toBe(1);
  expect(grid.paint(2, 2)).toBe(true);
  expect(grid.cells["2,2,2"]).toBe(2);
  expect(grid.total(2)).toEqual({customers: 7, amount: 320});
  // The same again is no change, and nothing to undo.
  expect(grid.paint(2, 2)).toBe(false);
  expect(grid.history).toHaveLength(2);
  expect(grid.unassigned).toEqual([]);
});

test("undo brings back what was there", () => {
  const grid = editor();
  expect(grid.changed).toBe(false);
  grid.pick(2);
  grid.paint(2, 2);
  grid.change(2, {name: "Worse"});
  grid.remove(1);
  expect(grid.changed).toBe(true);
  grid.undo();
  expect(grid.segment(1).name).toBe("Good");
  grid.undo();
  expect(grid.segment(2).name).toBe("Bad");
  grid.undo();
  expect(grid.changed).toBe(false);
  grid.undo();
  expect(grid.changed).toBe(false);
});

test("a deleted segment leaves cells open, which are named", () => {
  const grid = editor();
  grid.remove(1);
  expect(grid.unassigned).toEqual(["R2 F2", "R2 F1", "R1 F2 M2"]);
  expect(grid.brush).toBe(2);
  for (const [r, f] of [
    [2, 2],
    [2, 1],
    [1, 2],
  ]) {
    grid.paint(r, f);
  }
  expect(grid.unassigned).toEqual([]);
  expect(grid.total(2)).toEqual({customers: 9, amount: 370});
});

test("new segments have keys of their own, and the order is kept", () => {
  const grid = editor();
  expect(grid.addSegment("One", 3)).toBe(-1);
  expect(grid.addSegment("Two", 4)).toBe(-2);
  expect(grid.brush).toBe(-2);
  grid.paint(2, 2);
  grid.move(-2, -1);
  grid.move(1, -1);
  const [segments, cells] = grid.payload;
  expect(segments.map(({key}) => key)).toEqual([1, 2, -2, -1]);
  expect(segments[2]).toEqual({key: -2, name: "Two", color: 4});
  expect(cells).toHaveLength(8);
  expect(cells).toInclude([2, 2, 1, -2]);
});
