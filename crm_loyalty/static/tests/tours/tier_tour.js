import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";
import tourUtils from "@sale/js/tours/tour_utils";

// From the first order to Gold: what a seller and an accountant do, in the web client,
// then what the customer sees in the portal.

/** A confirmed order of one machine, invoiced. `before` are steps before confirming. */
function sell(before = []) {
  return [
    ...stepUtils.goToAppSteps("sale.sale_menu_root", "Open Sales"),
    ...tourUtils.createNewSalesOrder(),
    ...tourUtils.selectCustomer("Customer"),
    ...tourUtils.addProduct("Machine"),
    {
      content: "Its price is there",
      trigger: ".o_selected_row td[name='price_subtotal']:contains('3,000.00')",
    },
    ...before,
    {
      content: "Confirm the order",
      trigger: ".o_statusbar_buttons button[name='action_confirm']:not([disabled])",
      run: "click",
    },
    {
      content: "Invoice it",
      trigger: ".o_statusbar_buttons button#create_invoice",
      run: "click",
    },
    {
      content: "All of it",
      trigger: ".modal button[name='create_invoices']",
      run: "click",
    },
    ...post("Customer Invoice"),
  ];
}

function post(what) {
  return [
    {
      content: `Post: ${what}`,
      trigger: `.o_form_view:contains('${what}') .o_statusbar_buttons button[name='action_post']`,
      run: "click",
    },
    {
      content: `Posted: ${what}`,
      trigger: `.o_form_view:contains('${what}') .o_arrow_button_current:contains('Posted')`,
    },
  ];
}

/** The 360 page of the customer, with this tier and these points. */
function onPage(tier, points) {
  return [
    ...stepUtils.goToAppSteps("crm_customer360.menu_root", "Open the app"),
    {
      content: "Open the customer",
      trigger: ".o_list_view .o_data_cell:contains('Customer')",
      run: "click",
    },
    {
      content: `The customer is ${tier}`,
      trigger: `.o_form_view .o_tier_story .badge:contains('${tier}')`,
    },
    {
      content: `${points} points`,
      trigger: `.o_form_view div[name='card_points']:contains('${points}')`,
    },
  ];
}

registry.category("web_tour.tours").add("crm_loyalty_tier", {
  url: "/odoo",
  steps: () => [
    ...sell(),
    ...onPage("Silver", "3,000"),
    ...sell([
      {
        content: "Take a reward for 100 points",
        trigger: "button[name='action_open_reward_wizard']:not([disabled])",
        run: "click",
      },
      {
        content: "It is on the order",
        trigger: ".o_data_row:contains('$ 10 on your order')",
      },
    ]),
    ...onPage("Gold", "5,900"),
    {
      content: "The invoices of the customer",
      trigger: ".o_form_view button[name='action_open_invoices']",
      run: "click",
    },
    {
      content: "Open the invoice with the reward",
      trigger: ".o_list_view .o_data_row:contains('2,990.00') .o_data_cell",
      run: "click",
    },
    {
      content: "Credit it",
      trigger: ".o_statusbar_buttons button[name='action_reverse']",
      run: "click",
    },
    {
      content: "All of it",
      trigger: ".modal button[name='refund_moves']",
      run: "click",
    },
    ...post("Customer Credit Note"),
    // What was credited counts at once; the tier stays until the end of the period.
    ...onPage("Gold", "2,900"),
  ],
});

// A manager lowers what Gold asks for, sees who would move, and applies it.
registry.category("web_tour.tours").add("crm_loyalty_tier_preview", {
  steps: () => [
    {
      content: "Open the tiers of the program",
      trigger: ".o_form_view .nav-link[name='tiers']",
      run: "click",
    },
    {
      content: "Edit what Gold asks for",
      trigger: "div[name='tier_ids'] .o_data_row:contains('Gold') td[name='threshold']",
      run: "click",
    },
    {
      content: "From 5,000 to 3,000",
      trigger: "div[name='tier_ids'] td[name='threshold'] input",
      run: "edit 3000",
    },
    {
      content: "Who would move?",
      trigger: "button[name='tier_preview']:not([disabled])",
      run: "click",
    },
    {
      content: "The one with 4,000, at once",
      trigger:
        ".modal section[data-part='now'] tr:contains('Silver'):contains('Gold'):contains('4,000')",
    },
    {
      content: "Apply",
      trigger: ".modal footer .btn-primary",
      run: "click",
    },
    {
      content: "It is saved",
      trigger: "body:not(:has(.modal)) .o_form_saved",
    },
  ],
});

registry.category("web_tour.tours").add("crm_loyalty_tier_portal", {
  url: "/my",
  steps: () => [
    {
      content: "Open what concerns loyalty",
      trigger: "a[href='/my/loyalty']:contains('Gold'):contains('2,900')",
      run: "click",
      expectUnloadPage: true,
    },
    {
      content: "The tier, and how it came about",
      trigger: "#wrap:contains('Gold since'):contains('You reached Gold')",
    },
    {
      content: "What was taken back is listed",
      trigger: "#wrap:contains('2,900'):contains('3,000')",
    },
  ],
});
