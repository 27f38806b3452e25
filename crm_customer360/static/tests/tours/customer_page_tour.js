import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

// Every card of the 360 page is followed to its documents, whose sum must be the figure
// that the card shows.

const figures = {};

function number(text) {
  const match = text.replace(/[\s\u00a0\ufeff]/g, "").match(/-?[\d.,]+/);
  return match ? Number(match[0].replace(/,/g, "")) : NaN;
}

function assertEqual(found, expected, what) {
  if (Math.abs(found - expected) > 0.005) {
    throw new Error(`${what}: the documents say ${found}, the card ${expected}`);
  }
}

/** Sum of a column of the list that is open. */
function sumOf(field) {
  const cells = document.querySelectorAll(`.o_data_row td[name='${field}']`);
  return [...cells].reduce((sum, cell) => sum + number(cell.textContent), 0);
}

function numberOfRecords() {
  return number(document.querySelector(".o_pager_limit").textContent);
}

/**
 * @param {String} card name of the card
 * @param {Function} sum returns the figure as the documents say it
 * @param {String} [line] field whose line of the card is followed, its figure if none
 */
function follow(card, sum, {line, click} = {}) {
  const root = `.o_form_view div[name='card_${card}']`;
  const figure = line ? `${root} div[name='${line}']` : `${root} .o_c360_card_figure`;
  return [
    {
      content: `Read ${line || card}`,
      trigger: figure,
      run({anchor}) {
        figures[card] = number(anchor.textContent);
      },
    },
    {
      content: `Open the documents behind ${line || card}`,
      trigger: click ? `${root} button[name='${click}']` : `${root} .o_c360_card_main`,
      run: "click",
    },
    {
      content: `They add up to ${line || card}`,
      trigger: ".o_list_view .o_data_row",
      run() {
        assertEqual(sum(), figures[card], `${card} ${line || ""}`);
      },
    },
    {
      content: "Back to the customer",
      trigger: ".breadcrumb .o_back_button a:contains('Page Customer')",
      run: "click",
    },
    {content: "The page is there", trigger: ".o_form_view .o_c360_cards"},
  ];
}

registry.category("web_tour.tours").add("crm_customer360_cards", {
  url: "/odoo/customers-360",
  steps: () => [
    {
      content: "Open the customer",
      trigger: ".o_list_view .o_data_cell:contains('Page Customer')",
      run: "click",
    },
    {
      content: "The verdict is there",
      trigger: ".o_c360_verdict[data-state='risk']",
    },
    ...follow("receivable", () => sumOf("amount_residual")),
    ...follow("receivable", () => sumOf("amount_residual"), {
      line: "overdue",
      click: "action_open_overdue",
    }),
    ...follow("revenue", () => sumOf("amount_untaxed_in_currency_signed")),
    ...follow("margin", () => sumOf("sale_margin")),
    ...follow("purchases", numberOfRecords),
    ...follow("purchases", numberOfRecords, {
      line: "order_count",
      click: "action_open_orders",
    }),
    ...follow("pipeline", () => sumOf("expected_revenue")),
    ...follow("pipeline", () => sumOf("amount_total"), {
      line: "quotation_amount",
      click: "action_open_quotations",
    }),
    ...follow("received", () => -sumOf("balance")),
    ...follow("satisfaction", numberOfRecords, {
      line: "rating_count",
      click: "action_open_ratings",
    }),
    ...follow("vendor", () => -sumOf("amount_residual")),
    {
      content: "A reason opens its documents",
      trigger: ".o_c360_reason[data-code='oldest_overdue']",
      run: "click",
    },
    {
      content: "The late invoice is listed",
      trigger: ".o_list_view .o_data_row",
    },
    {
      content: "Back to the customer",
      trigger: ".breadcrumb .o_back_button a:contains('Page Customer')",
      run: "click",
    },
    {
      content: "Set a verdict by hand",
      trigger: ".o_form_view button[name='action_set_verdict']",
      run: "click",
    },
    {
      content: "It is only to be watched",
      trigger: ".modal .o_field_radio input[data-value='watch']",
      run: "click",
    },
    {
      content: "Say why",
      trigger: ".modal div[name='reason'] textarea",
      run: "edit The new owner pays next week",
    },
    {
      content: "Until when",
      trigger: ".modal div[name='date_end'] input",
      run: "edit 12/31/2099",
    },
    {
      content: "Set it",
      trigger: ".modal footer button:contains('Set Verdict')",
      run: "click",
    },
    {
      content: "The page says so, and by whom",
      trigger:
        ".o_c360_verdict[data-state='watch'] .o_c360_reason[data-code='manual']:contains('The new owner')",
    },
  ],
});

registry.category("web_tour.tours").add("crm_customer360_day", {
  url: "/odoo",
  steps: () => [
    ...stepUtils.goToAppSteps("crm_customer360.menu_root", "Open the app"),
    {
      content: "My day",
      trigger: "[data-menu-xmlid='crm_customer360.menu_today']",
      run: "click",
    },
    {
      content: "Who needs a call, and why",
      trigger:
        ".o_list_view .o_data_row:contains('Page Customer') td[name='call_reason']:contains('days late')",
    },
    {
      content: "Select all",
      trigger: ".o_list_view thead .o_list_record_selector input",
      run: "click",
    },
    {
      content: "Plan their calls",
      trigger: "button[name='action_plan_calls']:contains('Plan Calls')",
      run: "click",
    },
    {
      content: "They leave the list",
      trigger: ".o_view_nocontent:contains('Nobody needs a call today')",
    },
  ],
});
