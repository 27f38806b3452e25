import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

// One customer, alone: R 3, F 4 (two purchases), in Loyal customers.
registry.category("web_tour.tours").add("crm_rfm_matrix", {
  url: "/odoo",
  steps: () => [
    ...stepUtils.goToAppSteps("crm_customer360.menu_root", "Open the app"),
    {
      content: "Open the menu RFM",
      trigger: "button[data-menu-xmlid='crm_rfm.menu_rfm']",
      run: "click",
    },
    {
      content: "Open the matrix",
      trigger: "a[data-menu-xmlid='crm_rfm.menu_rfm_matrix']",
      run: "click",
    },
    {content: "It is marked", trigger: ".o_rfm_matrix .badge:contains('Small base')"},
    {
      content: "One customer is in the cell, in Loyal customers",
      trigger:
        "[data-cell='3,4']:has(.o_rfm_count:contains(/^1$/)):contains('Loyal customers')",
      run: "click",
    },
    {
      content: "Exactly this one is listed",
      trigger: ".o_list_view:has(.o_data_row:only-of-type):contains('Page Customer')",
    },
    {
      content: "Go back",
      trigger: ".o_breadcrumb a, .o_back_button",
      run: "click",
    },
    {content: "Edit", trigger: "button[name='edit']", run: "click"},
    {content: "It is the editor", trigger: "button[name='dry_run']:disabled"},
    {
      content: "Paint with Champions, which is picked",
      trigger: ".o_rfm_editing [data-cell='3,4']",
      run: "click",
    },
    {
      content: "See who would move",
      trigger: "button[name='dry_run']:enabled",
      run: "click",
    },
    {
      content: "One customer, from Loyal customers to Champions",
      trigger: ".o_rfm_moves tr:contains('Loyal customers'):contains('Champions')",
    },
    {content: "Save", trigger: "button[name='save']:enabled", run: "click"},
    {
      content: "The cell has another segment",
      trigger:
        ".o_rfm_table:not(.o_rfm_editing) [data-cell='3,4']:contains('Champions')",
    },
  ],
});

registry.category("web_tour.tours").add("crm_rfm_scheme_dry_run", {
  url: "/odoo",
  steps: () => [
    ...stepUtils.goToAppSteps("crm_customer360.menu_root", "Open the app"),
    {
      content: "Open the configuration",
      trigger: "button[data-menu-xmlid='crm_customer360.menu_configuration']",
      run: "click",
    },
    {
      content: "Open the schemes",
      trigger: "a[data-menu-xmlid='crm_rfm.menu_rfm_scheme']",
      run: "click",
    },
    {
      content: "Open the scheme",
      trigger: ".o_data_row .o_data_cell[name='name']",
      run: "click",
    },
    {
      content: "The cut points in force are there",
      trigger: ".o_rfm_bands:contains('2 purchases')",
    },
    {
      content: "One month only: one purchase is left",
      trigger: "div[name='window_months'] input",
      run: "edit 1",
    },
    {
      content: "Own cut points",
      trigger: "div[name='method'] input[data-value='cutpoint']",
      run: "click",
    },
    {
      content: "Their tab is there now",
      trigger: ".o_notebook .nav-link[name='cuts']",
      run: "click",
    },
    {
      content: "They begin with those in force",
      trigger: "div[name='cut_ids'] .o_data_row:nth-child(4)",
    },
    {
      content: "Equal shares again",
      trigger: "div[name='method'] input[data-value='quantile']",
      run: "click",
    },
    {content: "Dry run", trigger: "button[name='dry_run']", run: "click"},
    {
      content: "The customer would have F 1",
      trigger:
        ".modal .o_rfm_moves tr:contains('Loyal customers'):contains('About to sleep')",
    },
    {content: "Close", trigger: ".modal footer .btn-primary", run: "click"},
    {
      content: "Nothing was saved: discard",
      trigger: ".o_form_button_cancel",
      run: "click",
    },
    {content: "As before", trigger: ".o_form_saved"},
  ],
});
