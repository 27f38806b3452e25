import {
  MockServer,
  contains,
  defineModels,
  fields,
  mockService,
  models,
  mountView,
  onRpc,
} from "@web/../tests/web_test_helpers";
import {describe, expect, test} from "@odoo/hoot";
import {queryAll, queryAllTexts, queryOne} from "@odoo/hoot-dom";
import {animationFrame} from "@odoo/hoot-mock";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";

class Customer extends models.Model {
  _name = "crm.customer";

  name = fields.Char();
  refreshed_at = fields.Datetime();

  _records = [
    {id: 1, name: "Busy one", refreshed_at: "2026-06-15 12:00:00"},
    {id: 2, name: "Quiet one", refreshed_at: "2026-06-15 12:00:00"},
  ];
}

class Event extends models.Model {
  _name = "crm.customer.event";

  customer_id = fields.Many2one({relation: "crm.customer"});
  currency_id = fields.Many2one({relation: "res.currency"});
  user_id = fields.Many2one({relation: "res.users"});
  kind = fields.Selection({
    selection: [
      ["order", "Order"],
      ["invoice", "Invoice"],
      ["credit_note", "Credit Note"],
      ["meeting", "Meeting"],
      ["rating", "Rating"],
      ["points", "Points of an addon"],
    ],
  });
  name = fields.Char();
  date = fields.Datetime();
  day = fields.Date();
  amount = fields.Float();
  state = fields.Selection({
    selection: [
      ["planned", "Planned"],
      ["not_paid", "Not Paid"],
    ],
  });
  rating = fields.Float();

  _records = [
    event(11, "points", "2026-04-01", {name: false}),
    event(12, "rating", "2026-05-01", {name: "Well done", rating: 4}),
    event(13, "credit_note", "2026-05-02", {name: "RINV/13", amount: -250}),
    event(14, "order", "2026-06-10", {name: "S00014", amount: 1500}),
    event(15, "invoice", "2026-06-12", {
      name: "INV/15",
      amount: 1500,
      state: "not_paid",
    }),
    event(16, "meeting", "2026-07-01", {name: "Next review", state: "planned"}),
  ];
}

function event(id, kind, day, values) {
  return {
    id,
    kind,
    day,
    date: `${day} 12:00:00`,
    customer_id: 1,
    currency_id: 1,
    user_id: false,
    state: false,
    ...values,
  };
}

defineMailModels();
defineModels([Customer, Event]);
// As the server's `get_timeline`.
onRpc("crm.customer.event", "get_timeline", ({args: [customer], kwargs}) => {
  const {kinds, planned, limit, offset = 0} = kwargs;
  const all = MockServer.env["crm.customer.event"]._filter([
    ["customer_id", "=", customer],
  ]);
  const counts = {};
  for (const {kind} of all) {
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  const chosen = all
    .filter(({kind}) => !kinds.length || kinds.includes(kind))
    .sort((one, other) => one.date.localeCompare(other.date) || one.id - other.id);
  const isPlanned = ({state}) => state === "planned";
  return {
    kinds: counts,
    planned: chosen.filter(isPlanned).slice(0, planned),
    events: chosen
      .filter((record) => !isPlanned(record))
      .reverse()
      .slice(offset, offset + limit),
  };
});

async function mountTimeline(resId = 1) {
  await mountView({
    type: "form",
    resModel: "crm.customer",
    resId,
    arch: `<form><field name="name"/><widget name="customer_timeline"/></form>`,
  });
  await animationFrame();
}

const names = () =>
  queryAllTexts(
    ".o_customer_timeline_event .o_customer_timeline_text > span:first-child"
  );

describe.current.tags("desktop");

test("what is to come first, then the latest, by month", async () => {
  await mountTimeline();
  expect(
    queryAll(".o_customer_timeline_month").map((month) => month.textContent)
  ).toEqual(["To come", "June 2026", "May 2026", "April 2026"]);
  expect(names()).toEqual([
    "Next review",
    "INV/15",
    "S00014",
    "RINV/13",
    "Well done",
    "Points of an addon",
  ]);
  expect(queryAllTexts(".o_customer_timeline_amount")).toEqual([
    "$ 1,500.00",
    "$ 1,500.00",
    "$ -250.00",
  ]);
  expect(".o_customer_timeline_amount.text-danger").toHaveCount(1);
  expect(queryAllTexts(".o_customer_timeline .badge")).toEqual(["Planned", "Not Paid"]);
  expect(queryOne("[role=img]").textContent).toBe("★★★★☆");
  expect("[role=img]").toHaveAttribute("aria-label", "4 of 5");
  // A kind that nobody gave an icon to.
  expect(".o_customer_timeline_icon .fa-circle").toHaveCount(1);
  expect(".o_customer_timeline_more").toHaveCount(0);
});

test("kinds are counted, and filter", async () => {
  await mountTimeline();
  expect(
    queryAllTexts(".o_customer_timeline_kinds button").map((text) =>
      text.replace(/\s+/g, " ")
    )
  ).toEqual([
    "All 6",
    "Order 1",
    "Invoice 1",
    "Credit Note 1",
    "Meeting 1",
    "Rating 1",
    "Points of an addon 1",
  ]);
  await contains("[data-kind=order]").click();
  expect(names()).toEqual(["S00014"]);
  expect("[data-kind=order]").toHaveAttribute("aria-pressed", "true");
  await contains("[data-kind=meeting]").click();
  expect(names()).toEqual(["Next review", "S00014"]);
  await contains("[data-kind=order]").click();
  expect(names()).toEqual(["Next review"]);
  await contains(".o_customer_timeline_kinds button:first").click();
  expect(names()).toHaveLength(6);
});

test("a page at a time", async () => {
  for (let number = 0; number < 24; number++) {
    Event._records.push(event(100 + number, "order", "2026-01-02", {name: "Old"}));
  }
  for (let number = 0; number < 4; number++) {
    const name = `Weekly ${number}`;
    const day = `2026-08-0${number + 1}`;
    Event._records.push(event(200 + number, "meeting", day, {name, state: "planned"}));
  }
  await mountTimeline();
  // The next three meetings of five, and twenty of the 29 others.
  expect(names()).toHaveLength(23);
  await contains(".o_customer_timeline_more").click();
  expect(names()).toHaveLength(32);
  expect(".o_customer_timeline_more").toHaveCount(0);
  await contains("button:contains(Show all to come)").click();
  expect(names().slice(0, 5)).toEqual([
    "Next review",
    "Weekly 0",
    "Weekly 1",
    "Weekly 2",
    "Weekly 3",
  ]);
});

test("a line opens its document", async () => {
  onRpc("crm.customer.event", "action_open_document", ({args}) => {
    expect.step(args);
    return {type: "ir.actions.act_window", res_model: "sale.order", res_id: 7};
  });
  mockService("action", {
    doAction: ({res_model: model, res_id: id}) => expect.step(`${model} ${id}`),
  });
  await mountTimeline();
  await contains(".o_customer_timeline_event button:contains(S00014)").click();
  expect.verifySteps([[[14]], "sale.order 7"]);
});

test("says what will appear", async () => {
  await mountTimeline(2);
  expect(".o_customer_timeline_empty").toHaveText(/Nothing happened yet/);
  expect(".o_customer_timeline_kinds").toHaveCount(0);
});
