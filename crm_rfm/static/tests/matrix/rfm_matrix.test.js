import {animationFrame, tick} from "@odoo/hoot-mock";
import {
  contains,
  defineModels,
  getService,
  models,
  mountWebClient,
  onRpc,
} from "@web/../tests/web_test_helpers";
import {expect, test} from "@odoo/hoot";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {pointerDown, pointerUp, press, queryAllTexts} from "@odoo/hoot-dom";

class Customer extends models.Model {
  _name = "crm.customer";
}

class SegmentSet extends models.Model {
  _name = "crm.rfm.segment.set";
}

defineMailModels();
defineModels([Customer, SegmentSet]);

/** Three scores: everything is in Good but R1. */
function data(extra = {}) {
  const cells = [];
  for (const r of [1, 2, 3]) {
    for (const f of [1, 2, 3]) {
      for (const m of [1, 2, 3]) {
        cells.push([r, f, m, r > 1 ? 7 : 8]);
      }
    }
  }
  return {
    company_id: 1,
    currency_id: 1,
    companies: [{id: 1, name: "First"}],
    scheme_id: 1,
    scored_on: "2026-06-15",
    small_base: "3 customers are scored, fewer than 50: the scores say little.",
    bins: 3,
    set: {
      id: 4,
      name: "Ours",
      in_use: true,
      by_amount: false,
      others: [],
      others_hidden: 0,
    },
    segments: [
      {key: 7, name: "Good", color: 10, description: ""},
      {key: 8, name: "Bad", color: 1, description: ""},
    ],
    cells,
    figures: [
      [3, 3, 3, 2, 900],
      [1, 2, 1, 1, 100],
    ],
    words: {
      r: {3: "bought in the last 12 days", 1: "bought 90 days ago"},
      f: {3: "5 purchases", 2: "1 purchase"},
      m: {},
    },
    states: [{state: "lapsed", name: "Lapsed", hint: "Long ago.", customers: 4}],
    empty: false,
    notes: [],
    can_score: true,
    can_edit: true,
    ...extra,
  };
}

const MOVED = {
  moves: [
    {
      from: {name: "Bad", color: 1},
      to: {name: "Good", color: 10},
      customers: 1,
      amount: 100,
    },
  ],
  moved: {customers: 1, amount: 100},
  all: {customers: 3, amount: 1000},
  currency_id: 1,
};

async function settle() {
  await tick();
  await animationFrame();
}

/** Calls that open or save something are steps. */
async function openMatrix(extra = {}, params = {}) {
  onRpc("crm.customer", "get_rfm_matrix", () => data(extra));
  onRpc("crm.customer", "action_open_rfm", ({args}) => {
    expect.step(args);
    return {type: "ir.actions.act_window_close"};
  });
  onRpc("crm.customer", "action_rfm_score", ({args}) => {
    expect.step(["score", ...args]);
    return true;
  });
  onRpc("crm.rfm.segment.set", "get_grid_dry_run", () => MOVED);
  onRpc("crm.rfm.segment.set", "save_grid", ({args}) => {
    const [ids, companyId, segments, cells, copy] = args;
    const painted = cells.filter(([r, f, , key]) => r === 1 && f === 2 && key === 7);
    expect.step([ids, companyId, segments.length, painted.length, copy]);
    return 4;
  });
  await mountWebClient();
  await getService("action").doAction({
    type: "ir.actions.client",
    tag: "crm_rfm.matrix",
    name: "Matrix",
    params,
  });
  await settle();
}

test("cells, axes in words, segments and states", async () => {
  await openMatrix();
  expect(".o_rfm_cell").toHaveCount(9);
  expect("[data-cell='3,3'] .o_rfm_count").toHaveText("2");
  expect("tbody tr:first-child th").toHaveText(/3\s*bought in the last 12 days/);
  expect("tbody tr:nth-child(2) th").toHaveText(/2\s*nobody/);
  expect(queryAllTexts(".o_rfm_segment .o_rfm_count")).toEqual(["2", "1"]);
  expect(".badge.text-bg-warning").toHaveText("Small base");
  expect(".o_rfm_state").toHaveText(/4\s*Lapsed/);
  await contains("[data-cell='3,3']").click();
  await contains(".o_rfm_segment[data-key='8'] button").click();
  await contains(".o_rfm_state").click();
  // Nobody is there: nothing opens.
  await contains("[data-cell='2,2']").click();
  expect.verifySteps([
    [1, {r: 3, f: 3}],
    [1, {segment_id: 8}],
    [1, {state: "lapsed"}],
  ]);
});

test("paint, see who would move, and only then save", async () => {
  await openMatrix();
  await contains("button[name='edit']").click();
  expect("button[name='dry_run']").not.toBeEnabled();
  await contains("[data-cell='1,2']").click();
  expect(queryAllTexts(".o_rfm_segment .o_rfm_count")).toEqual(["3", "0"]);
  expect("button[name='save']").not.toBeEnabled();
  await contains("button[name='dry_run']").click();
  expect(".o_rfm_moves tbody tr").toHaveCount(1);
  expect("button[name='save']").toBeEnabled();
  // Another change needs another look.
  await contains("[data-cell='1,1']").click();
  expect("button[name='save']").not.toBeEnabled();
  await contains("button[name='undo']").click();
  await contains("button[name='dry_run']").click();
  await contains("button[name='save']").click();
  expect.verifySteps([[[4], 1, 2, 3, false]]);
  expect("button[name='edit']").toHaveCount(1);
});

test("drag over cells, and go by keys", async () => {
  await openMatrix({}, {edit: true});
  await pointerDown("[data-cell='1,1']");
  await contains("[data-cell='1,2']").hover();
  await pointerUp("[data-cell='1,2']");
  await settle();
  expect("[data-cell='1,1'] .o_rfm_name").toHaveText("Good");
  expect("[data-cell='1,2'] .o_rfm_name").toHaveText("Good");
  expect("[data-cell='1,3'] .o_rfm_name").toHaveText("Bad");
  await contains("[data-cell='1,2']").focus();
  await press("ArrowRight");
  expect("[data-cell='1,3']").toBeFocused();
  await press("ArrowUp");
  expect("[data-cell='2,3']").toBeFocused();
});

test("a deleted segment leaves cells that are named", async () => {
  await openMatrix({}, {edit: true});
  await contains(".o_rfm_segment[data-key='8'] button[title='Delete']").click();
  expect(".alert-danger").toHaveText(/R1 F3, R1 F2, R1 F1/);
  expect("button[name='dry_run']").not.toBeEnabled();
});

test("a set that others use is copied unless somebody wants otherwise", async () => {
  const set = {...data().set, others: ["Second"], others_hidden: 1};
  await openMatrix({set}, {edit: true});
  expect(".alert-warning").toHaveText(/also used by Second and 1 more/);
  await contains("[data-cell='1,2']").click();
  await contains("button[name='dry_run']").click();
  await contains("button[name='save']").click();
  expect.verifySteps([[[4], 1, 2, 3, true]]);
});

test("nothing scored yet", async () => {
  await openMatrix({empty: "Customers are scored tonight.", figures: []});
  expect(".o_rfm_empty").toHaveText(/Customers are scored tonight/);
  await contains("button[name='score']").click();
  expect.verifySteps([["score", 1]]);
});
