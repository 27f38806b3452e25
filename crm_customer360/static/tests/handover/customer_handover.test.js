import {
  contains,
  defineModels,
  fields,
  mockService,
  models,
  mountView,
} from "@web/../tests/web_test_helpers";
import {describe, expect, test} from "@odoo/hoot";
import {animationFrame} from "@odoo/hoot-mock";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {queryAll} from "@odoo/hoot-dom";

class Customer extends models.Model {
  _name = "crm.customer";

  name = fields.Char();
  refreshed_at = fields.Datetime();
  owner_history = fields.Json();
  last_messages = fields.Json();
  contact_summary = fields.Json();

  _records = [
    {
      id: 1,
      name: "Handed over",
      owner_history: [
        owner("Heir", 8, "2026-05-04 12:00:00", false),
        owner(false, false, "2026-03-31 12:00:00", "2026-05-04 12:00:00"),
        {
          ...owner("Leaver", 7, "2024-01-02 12:00:00", "2026-03-31 12:00:00"),
          left: true,
        },
        owner("Founder", 6, false, "2024-01-02 12:00:00"),
      ],
      last_messages: [
        {
          id: 21,
          kind: "note",
          author: "Leaver",
          left: true,
          date: "2026-03-30 12:00:00",
          text: "Calls before ten",
          model: "sale.order",
          res_id: 5,
          document: "S00005",
        },
        {
          id: 20,
          kind: "message",
          author: false,
          left: false,
          date: "2026-03-29 12:00:00",
          text: "Of a document that is gone",
          model: "sale.order",
          res_id: 4,
          document: false,
        },
      ],
      contact_summary: [
        {
          id: 31,
          name: "Ada",
          function: "Buyer",
          phone: "+44 20 7946 0018",
          email: "ada@example.com",
          date: "2026-02-01 12:00:00",
        },
        {id: 32, name: "Tom", function: false, phone: false, email: false, date: false},
      ],
    },
    {id: 2, name: "Nothing known"},
  ];
}

function owner(name, userId, from, to) {
  return {name, user_id: userId, left: false, from, to};
}

defineMailModels();
defineModels([Customer]);

async function mountHandover(resId) {
  await mountView({
    type: "form",
    resModel: "crm.customer",
    resId,
    arch: `<form><field name="name"/><widget name="customer_handover"/></form>`,
  });
  await animationFrame();
}

/** What stands in each item, element by element. */
function texts(selector) {
  return queryAll(selector).map((item) => {
    const texts = document.createTreeWalker(item, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode()) {
      found.push(texts.currentNode.textContent.trim().replace(/\s+/g, " "));
    }
    return found.filter(Boolean).join(" ");
  });
}

describe.current.tags("desktop");

test("who had the customer, what was said, whom to talk to", async () => {
  mockService("action", {
    doAction: ({res_model: model, res_id: id}) => expect.step(`${model} ${id}`),
  });
  await mountHandover(1);
  expect(texts(".o_customer_handover_owner")).toEqual([
    "Heir since May 4, 2026",
    "No salesperson Mar 31, 2026 to May 4, 2026",
    "Leaver has left Jan 2, 2024 to Mar 31, 2026",
    "Founder until Jan 2, 2024",
  ]);
  expect(texts(".o_customer_handover_message")).toEqual([
    "Calls before ten Mar 30, 2026 Leaver has left S00005",
    "Of a document that is gone Mar 29, 2026",
  ]);
  expect(texts(".o_customer_handover_contact")).toEqual([
    "Ada last contact Feb 1, 2026 Buyer +44 20 7946 0018 ada@example.com",
    "Tom",
  ]);
  expect("a[href='tel:+44 20 7946 0018']").toHaveCount(1);
  expect("a[href='mailto:ada@example.com']").toHaveCount(1);
  await contains(".o_customer_handover_message button").click();
  await contains(".o_customer_handover_contact button:first").click();
  expect.verifySteps(["sale.order 5", "res.partner 31"]);
});

test("says what will appear", async () => {
  await mountHandover(2);
  expect(".o_customer_handover_owners p").toHaveText(/Nobody yet/);
  expect(".o_customer_handover_messages p").toHaveText(/appear here/);
  expect(".o_customer_handover_contacts p").toHaveText(/No contacts yet/);
});
