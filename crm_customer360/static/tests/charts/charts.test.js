/* global Chart */
import {animationFrame, tick} from "@odoo/hoot-mock";
import {
  contains,
  defineModels,
  defineParams,
  fields,
  models,
  mockService,
  mountView,
  onRpc,
} from "@web/../tests/web_test_helpers";
import {describe, expect, test} from "@odoo/hoot";
import {queryAllTexts, queryFirst} from "@odoo/hoot-dom";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {setupChartJsForTests} from "@web/../tests/views/graph/graph_test_helpers";

const USD = 1;

function months(revenue, margin, extra = {}) {
  const series = [{key: "revenue", label: "Revenue", values: revenue}];
  if (margin) {
    series.push({key: "margin", label: "Margin", values: margin});
  }
  return {
    title: "Revenue by month",
    empty: false,
    currency_id: USD,
    keys: ["2026-03-01", "2026-04-01", "2026-05-01", "2026-06-01"],
    labels: ["Mar 2026", "Apr 2026", "May 2026", "Jun 2026"],
    series,
    split: 2,
    parts: ["Year before", "Last year"],
    ...extra,
  };
}

function aging(values, extra = {}) {
  return {
    title: "Receivable by days past due",
    empty: false,
    currency_id: USD,
    keys: ["aging_not_due", "aging_1_30", "credit_unallocated"],
    labels: ["Not due", "1–30", "Credit"],
    series: [{key: "amount", label: "Receivable", values}],
    ...extra,
  };
}

function contribution(values, extra = {}) {
  return {
    title: "From revenue to contribution",
    empty: false,
    currency_id: USD,
    keys: ["revenue", "cost", "margin", "service_cost", "contribution"],
    labels: ["Revenue", "Cost", "Margin", "Cost to Serve", "Contribution"],
    series: [{key: "amount", label: "Amount", values}],
    totals: [true, false, true, false, true],
    ...extra,
  };
}

class Customer extends models.Model {
  _name = "crm.customer";

  name = fields.Char();
  month_chart = fields.Json();
  aging_chart = fields.Json();
  contribution_chart = fields.Json();

  _records = [
    {
      id: 1,
      name: "One",
      month_chart: months([100, 0, -20, 1234.5], [40, 0, -8, 300]),
      aging_chart: aging([500, 0, -80]),
      contribution_chart: contribution([1000, -700, 300, -450, -150]),
    },
    {
      id: 2,
      name: "Two",
      month_chart: months([7, 8, 9, 10]),
      aging_chart: aging([0, 60, 0]),
      contribution_chart: contribution([-50, -20, -70, 10, -60]),
    },
    {
      id: 3,
      name: "Three",
      month_chart: months([0, 0, 0, 0], null, {empty: "Appears with an invoice."}),
      aging_chart: aging([0, 0, 0], {empty: "Nothing is open."}),
      contribution_chart: contribution([0, 0, 0, 0, 0], {empty: "Appears later."}),
    },
  ];
}

defineMailModels();
defineModels([Customer]);
setupChartJsForTests();

/** The chart drawn in a field. */
function chart(name) {
  return Chart.getChart(queryFirst(`[name=${name}] canvas`));
}

async function mountForm(name, params = {}) {
  await mountView({
    type: "form",
    resModel: "crm.customer",
    resId: 1,
    arch: `<form><field name="name"/>
      <field name="${name}" widget="customer_${name}"/></form>`,
    ...params,
  });
  await tick();
  await animationFrame();
}

/** Click on the middle of a position's column of a chart of vertical bars. */
async function clickOn(name, position) {
  const {canvas, scales} = chart(name);
  await contains(canvas).click({
    position: {
      x: scales.x.getPixelForTick(position),
      y: (scales.y.top + scales.y.bottom) / 2,
    },
    relative: true,
  });
  await animationFrame();
}

/** Actions opened, and the calls that gave them, are steps. */
function recordActions(method) {
  mockService("action", {
    doAction(action) {
      expect.step(action.name);
    },
  });
  onRpc("crm.customer", method, ({args}) => {
    expect.step(args);
    return {type: "ir.actions.act_window", name: "Opened"};
  });
}

describe("month_chart", () => {
  test("both years and the margin", async () => {
    await mountForm("month_chart");
    const {data, options} = chart("month_chart").config;
    expect(data.labels).toEqual(["Mar 2026", "Apr 2026", "May 2026", "Jun 2026"]);
    expect(data.datasets.map((set) => [set.label, [...set.data]])).toEqual([
      ["Year before", [100, 0, null, null]],
      ["Last year", [null, null, -20, 1234.5]],
      ["Margin", [40, 0, -8, 300]],
    ]);
    const [before, last] = data.datasets.map((set) => set.backgroundColor);
    expect(before).not.toBe(last);
    expect(
      options.plugins.tooltip.callbacks.label({
        dataset: data.datasets[1],
        raw: 1234.5,
      })
    ).toBe("Last year: $\u00a01,234.50");
    expect(options.scales.y.ticks.callback(20000)).toBe("$\u00a020k");
    expect(options.scales.y.ticks.callback(-1500)).toBe("$\u00a0-1.5k");
    expect(options.scales.x.reverse).toBe(false);
  });

  test("the same in words", async () => {
    await mountForm("month_chart");
    expect("canvas").toHaveAttribute("aria-label", "Revenue by month");
    expect(
      queryAllTexts(".o_customer_chart_table th, .o_customer_chart_table td")
    ).toEqual(
      [
        ["Revenue by month", "Revenue", "Margin"],
        ["Mar 2026", "$ 100.00", "$ 40.00"],
        ["Apr 2026", "$ 0.00", "$ 0.00"],
        ["May 2026", "$ -20.00", "$ -8.00"],
        ["Jun 2026", "$ 1,234.50", "$ 300.00"],
      ].flat()
    );
  });

  test("no margin for those who may not see it", async () => {
    await mountForm("month_chart", {resId: 2});
    expect(chart("month_chart").config.data.datasets.map(({label}) => label)).toEqual([
      "Year before",
      "Last year",
    ]);
  });

  test("a month opens its invoices, unless it has none", async () => {
    recordActions("action_open_month");
    await mountForm("month_chart");
    await clickOn("month_chart", 1);
    expect.verifySteps([]);
    await clickOn("month_chart", 3);
    expect.verifySteps([[[1], "2026-06-01"], "Opened"]);
  });

  test("the next record", async () => {
    await mountForm("month_chart", {resIds: [1, 2, 3]});
    const first = chart("month_chart");
    await contains(".o_pager_next").click();
    await animationFrame();
    // Destroyed, not merely covered.
    expect(first.canvas).toBe(null);
    expect([...chart("month_chart").config.data.datasets[0].data]).toEqual([
      7,
      8,
      null,
      null,
    ]);
    expect(Object.keys(Chart.instances)).toHaveLength(1);
    await contains(".o_pager_next").click();
    await animationFrame();
    expect("canvas").toHaveCount(0);
    expect(".o_customer_chart_empty").toHaveText("Appears with an invoice.");
    expect(Object.keys(Chart.instances)).toHaveLength(0);
    await contains(".o_pager_next").click();
    await animationFrame();
    expect([...chart("month_chart").config.data.datasets[0].data]).toEqual([
      100,
      0,
      null,
      null,
    ]);
  });

  test("from right to left", async () => {
    defineParams({lang_parameters: {direction: "rtl"}});
    await mountForm("month_chart");
    const {scales, plugins} = chart("month_chart").config.options;
    expect(scales.x.reverse).toBe(true);
    expect(scales.y.position).toBe("right");
    expect(plugins.legend.rtl).toBe(true);
    expect(plugins.tooltip.textDirection).toBe("rtl");
    expect(scales.y.ticks.callback(-500)).toBe("\u2066$\u00a0-500\u2069");
  });
});

describe("aging_chart", () => {
  test("each bucket with its amount, credit below zero", async () => {
    await mountForm("aging_chart");
    const {labels, datasets} = chart("aging_chart").config.data;
    expect(labels).toEqual([
      ["Not due", "$\u00a0500"],
      ["1–30", "$\u00a00"],
      ["Credit", "$\u00a0-80"],
    ]);
    expect([...datasets[0].data]).toEqual([500, 0, -80]);
  });

  test("from right to left", async () => {
    defineParams({lang_parameters: {direction: "rtl"}});
    await mountForm("aging_chart");
    expect(chart("aging_chart").config.data.labels.map(([label]) => label)).toEqual([
      "Not due",
      "\u20661–30\u2069",
      "Credit",
    ]);
  });

  test("a bucket opens its journal items, unless it is empty", async () => {
    recordActions("action_open_aging");
    await mountForm("aging_chart");
    await clickOn("aging_chart", 1);
    expect.verifySteps([]);
    await clickOn("aging_chart", 0);
    expect.verifySteps([[[1], "aging_not_due"], "Opened"]);
    await clickOn("aging_chart", 2);
    expect.verifySteps([[[1], "credit_unallocated"], "Opened"]);
  });

  test("a bucket opens from the keyboard", async () => {
    recordActions("action_open_aging");
    await mountForm("aging_chart");
    expect(queryAllTexts(".o_customer_chart_table button")).toEqual([
      "Not due",
      "Credit",
    ]);
    queryFirst(".o_customer_chart_table button:contains(Credit)").click();
    await animationFrame();
    expect.verifySteps([[[1], "credit_unallocated"], "Opened"]);
  });

  test("nothing is open", async () => {
    await mountForm("aging_chart", {resId: 3});
    expect("canvas").toHaveCount(0);
    expect("[name=aging_chart] .o_customer_chart_empty").toHaveText("Nothing is open.");
  });

  test("the next record", async () => {
    await mountForm("aging_chart", {resIds: [1, 2]});
    await contains(".o_pager_next").click();
    await animationFrame();
    expect([...chart("aging_chart").config.data.datasets[0].data]).toEqual([0, 60, 0]);
  });
});

describe("contribution_chart", () => {
  test("what is taken off hangs from what was left", async () => {
    await mountForm("contribution_chart");
    const {data, options} = chart("contribution_chart").config;
    expect(options.indexAxis).toBe("y");
    expect(data.labels.map(([label]) => label)).toEqual([
      "Revenue",
      "Cost",
      "Margin",
      "Cost to Serve",
      "Contribution",
    ]);
    // 1000 − 700 = 300; 300 − 450 = −150, drawn through zero
    expect(data.datasets[0].data.map((bar) => [...bar])).toEqual([
      [0, 1000],
      [1000, 300],
      [0, 300],
      [300, -150],
      [0, -150],
    ]);
    expect(options.plugins.tooltip.callbacks.label({dataIndex: 3})).toBe(
      "$\u00a0-450.00"
    );
    const [revenue, cost, margin, , total] = data.datasets[0].backgroundColor;
    expect(revenue).toBe(margin);
    expect(revenue).not.toBe(cost);
    expect(total).not.toBe(revenue);
  });

  test("all below zero; the next record", async () => {
    await mountForm("contribution_chart", {resIds: [1, 2]});
    await contains(".o_pager_next").click();
    await animationFrame();
    // −50 − 20 = −70; −70 + 10 = −60
    expect(
      chart("contribution_chart").config.data.datasets[0].data.map((bar) => [...bar])
    ).toEqual([
      [0, -50],
      [-50, -70],
      [0, -70],
      [-70, -60],
      [0, -60],
    ]);
  });

  test("opens nothing, says what will appear", async () => {
    await mountForm("contribution_chart", {resIds: [1, 3]});
    expect(".o_customer_chart_table button").toHaveCount(0);
    await contains(".o_pager_next").click();
    await animationFrame();
    expect("canvas").toHaveCount(0);
    expect(".o_customer_chart_empty").toHaveText("Appears later.");
  });
});
