/* global Chart */
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
import {queryAllTexts, queryFirst} from "@odoo/hoot-dom";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {setupChartJsForTests} from "@web/../tests/views/graph/graph_test_helpers";

const USD = 1;
const ZERO = {rank: 0, customers: 0, amount: 0, x: 0, y: 0};
const PEAK = {rank: 2, customers: 2, amount: 150, x: 0.5, y: 1.5};

function data(extra = {}) {
  return {
    company_id: 1,
    currency_id: USD,
    companies: [{id: 1, name: "First"}],
    revenue: {
      points: [
        ZERO,
        {rank: 1, customers: 1, amount: 800, x: 0.25, y: 0.8},
        {rank: 2, customers: 3, amount: 1000, x: 0.75, y: 1},
        {rank: 4, customers: 4, amount: 1000, x: 1, y: 1},
      ],
      limits: [
        {key: "a", rank: 1, x: 0.25},
        {key: "b", rank: 2, x: 0.75},
        {key: "d", rank: 4, x: 1},
      ],
      money: false,
      flat: false,
    },
    contribution: {
      points: [
        ZERO,
        {rank: 1, customers: 1, amount: 100, x: 0.25, y: 1},
        PEAK,
        {rank: 3, customers: 4, amount: 100, x: 1, y: 1},
      ],
      limits: [],
      money: false,
      flat: false,
      peak: PEAK,
      behind: 2,
    },
    sentence: "25 % of customers make 80 % of revenue; the last 50 % cost $ 50.",
    notes: ["One new customer is ranked tonight."],
    empty: false,
    can_refresh: false,
    as_of: "2026-06-15 00:30:00",
    ...extra,
  };
}

class Customer extends models.Model {
  _name = "crm.customer";
}

defineMailModels();
defineModels([Customer]);
setupChartJsForTests();

/** Calls of the methods that open something are steps. */
async function openCurves(answer = () => data()) {
  onRpc("crm.customer", "get_pareto_curve", ({args}) => answer(...args));
  for (const method of ["action_open_pareto", "action_refresh_all"]) {
    onRpc("crm.customer", method, ({args}) => {
      expect.step([method, ...args]);
      return {type: "ir.actions.act_window_close"};
    });
  }
  await mountWebClient();
  await getService("action").doAction({
    type: "ir.actions.client",
    tag: "crm_customer360.pareto",
    name: "Pareto",
  });
  await settle();
}

async function settle() {
  await tick();
  await animationFrame();
}

function chart(kind) {
  return Chart.getChart(queryFirst(`.o_pareto_${kind} canvas`));
}

async function clickOn(kind, position) {
  const {canvas, scales, config} = chart(kind);
  const {x, y} = config.data.datasets[0].data[position];
  await contains(canvas).click({
    position: {x: scales.x.getPixelForValue(x), y: scales.y.getPixelForValue(y)},
    relative: true,
  });
  await settle();
}

test("both curves, and what they say", async () => {
  await openCurves();
  expect(".o_breadcrumb").toHaveText("Pareto");
  expect(".o_pareto_sentence").toHaveText(data().sentence);
  expect(".o_pareto_note").toHaveText("One new customer is ranked tonight.");
  expect("select").toHaveCount(0);
  const {data: revenue, options} = chart("revenue").config;
  expect(revenue.datasets[0].data.map(({x, y}) => [x, y])).toEqual([
    [0, 0],
    [0.25, 0.8],
    [0.75, 1],
    [1, 1],
  ]);
  expect(options.plugins.classLimits.limits.map(({key, x}) => [key, x])).toEqual([
    ["a", 0.25],
    ["b", 0.75],
    ["d", 1],
  ]);
  expect(options.scales.y.ticks.callback(0.8)).toBe("80%");
  const whale = chart("contribution").config.data.datasets[0];
  expect(whale.data.map(({x, y}) => [x, y])).toEqual([
    [0, 0],
    [0.25, 1],
    [0.5, 1.5],
    [1, 1],
  ]);
  // Only the way down is red.
  expect(whale.segment.borderColor({p1DataIndex: 2})).toBe(undefined);
  expect(whale.segment.borderColor({p1DataIndex: 3})).not.toBe(undefined);
  // Marked: the peak, and all customers.
  expect(whale.pointRadius.map(Boolean)).toEqual([false, false, true, true]);
});

test("what a point says", async () => {
  await openCurves();
  const describe = (kind, dataIndex) =>
    chart(kind).config.options.plugins.tooltip.callbacks.label({dataIndex});
  expect(describe("revenue", 1)).toEqual([
    "One customer, 25% of all",
    "80%: $\u00a0800.00",
    "Click: customers up to here",
  ]);
  expect(describe("contribution", 3)).toEqual([
    "4 customers, 100% of all",
    "100%: $\u00a0100.00",
    "Click: customers behind the peak",
  ]);
  expect(
    queryAllTexts(".o_pareto_contribution tbody th, .o_pareto_contribution tbody td")
  ).toEqual(["Peak", "2", "50%", "150%", "All customers", "4", "100%", "100%"]);
});

test("a point opens the customers up to it, or behind the peak", async () => {
  await openCurves();
  await clickOn("revenue", 0);
  expect.verifySteps([]);
  await clickOn("revenue", 2);
  expect.verifySteps([["action_open_pareto", "revenue", 1, 2]]);
  await clickOn("contribution", 1);
  expect.verifySteps([["action_open_pareto", "contribution", 1, 1]]);
  await clickOn("contribution", 3);
  expect.verifySteps([["action_open_pareto", "behind", 1, 2]]);
});

test("corners open from the keyboard", async () => {
  await openCurves();
  expect(queryAllTexts(".o_pareto_revenue tbody button")).toEqual([
    "Up to class A",
    "Up to class B",
    "Up to class D",
  ]);
  queryFirst(".o_pareto_revenue tbody button:contains(B)").click();
  await settle();
  expect.verifySteps([["action_open_pareto", "revenue", 1, 2]]);
});

test("buttons", async () => {
  await openCurves();
  await contains("button[name=class_a]").click();
  await contains("button[name=costing]").click();
  expect.verifySteps([
    ["action_open_pareto", "class_a", 1, 0],
    ["action_open_pareto", "costing", 1, 0],
  ]);
});

test("without the right to see profit", async () => {
  await openCurves(() => data({contribution: false}));
  expect("canvas").toHaveCount(1);
  expect("button[name=costing]").toHaveCount(0);
  expect(".o_pareto").not.toHaveText(/contribution|cost money/i);
});

test("one company at a time", async () => {
  const companies = [
    {id: 1, name: "First"},
    {id: 7, name: "Seventh"},
  ];
  await openCurves((id) =>
    id === 7
      ? data({
          companies,
          company_id: 7,
          sentence: "Of the seventh.",
          revenue: {
            ...data().revenue,
            points: [ZERO, {...PEAK, x: 1, y: 1}],
            limits: [],
          },
        })
      : data({companies})
  );
  expect(queryAllTexts("select option")).toEqual(["First", "Seventh"]);
  const first = chart("revenue");
  await contains("select").select("7");
  await settle();
  expect(".o_pareto_sentence").toHaveText("Of the seventh.");
  expect(first.canvas).toBe(null);
  expect(chart("revenue").config.data.datasets[0].data).toHaveLength(2);
  await contains("button[name=class_a]").click();
  expect.verifySteps([["action_open_pareto", "class_a", 7, 0]]);
});

test("no total to share: in money", async () => {
  const points = [ZERO, {rank: 1, customers: 2, amount: -2500, x: 1, y: -2500}];
  await openCurves(() =>
    data({contribution: {points, limits: [], money: true, peak: ZERO, behind: 2}})
  );
  const {options} = chart("contribution").config;
  expect(options.scales.y.ticks.callback(-2500)).toBe("$\u00a0-2.5k");
  await clickOn("contribution", 1);
  expect.verifySteps([["action_open_pareto", "behind", 1, 0]]);
});

test("nothing ranked: refreshed by those who may", async () => {
  const empty = {empty: "Nothing ranked yet.", sentence: false, can_refresh: true};
  await openCurves(() => data(empty));
  expect("canvas").toHaveCount(0);
  expect(".o_pareto_empty p").toHaveText("Nothing ranked yet.");
  await contains("button[name=refresh_all]").click();
  expect.verifySteps([["action_refresh_all"]]);
});

test("nothing ranked: nothing to press for others", async () => {
  await openCurves(() => data({empty: "Nothing ranked yet.", sentence: false}));
  expect(".o_pareto_empty").toHaveText("Nothing ranked yet.");
  expect(".o_pareto button").toHaveCount(0);
});

test("nothing to draw is said", async () => {
  await openCurves(() =>
    data({contribution: {...data().contribution, flat: "No contribution."}})
  );
  expect("canvas").toHaveCount(1);
  expect(".o_pareto_contribution .o_customer_chart_empty").toHaveText(
    "No contribution."
  );
});
