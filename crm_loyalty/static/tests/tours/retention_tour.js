import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("crm_loyalty_retention", {
  url: "/odoo/retention",
  steps: () => [
    {
      content: "Two of the three customers of the window before bought again",
      trigger:
        ".o_retention_rate[data-figure='kept']:contains('66.7'):contains('2 of 3')",
    },
    {
      content: "Half of the oldest cohort bought two quarters later",
      trigger:
        ".o_retention_cell[data-cohort='8098'][data-since='2']:not(:disabled):contains('50')",
    },
    {
      content: "The curve is drawn",
      trigger: ".o_retention_curve canvas",
    },
    {
      content: "By year",
      trigger: "button[data-unit='year']",
      run: "click",
    },
    {
      content: "Customers instead of shares",
      trigger: "button[data-measure='count']",
      run: "click",
    },
    {
      content: "One of the cohort of 2024 bought in 2025: open it",
      trigger: ".o_retention_cell[data-cohort='2024'][data-since='1']:contains('1')",
      run: "click",
    },
    {
      content: "Exactly this customer is listed",
      trigger: ".o_list_view .o_data_row:only-child .o_data_cell:contains('Back')",
    },
    {
      content: "Back, the choices are kept",
      trigger: ".o_breadcrumb .o_back_button, .breadcrumb-item:not(.active) a",
      run: "click",
    },
    {
      content: "Still by year",
      trigger: "button[data-unit='year'].btn-primary",
    },
    {
      content: "Who stays, by salesperson",
      trigger: "button[data-group='user']",
      run: "click",
    },
    {
      content: "It is said of when the salesperson is",
      trigger: ".o_retention:contains('By the salesperson of today')",
    },
  ],
});

registry.category("web_tour.tours").add("crm_loyalty_effort", {
  url: "/odoo/value-effort",
  steps: () => [
    {
      content: "The chart is drawn",
      trigger: ".o_effort canvas",
    },
    {
      content: "One customer costs much and brings little",
      trigger: ".o_effort_field[data-field='costly']:contains('Customers: 1')",
      run: "click",
    },
    {
      content: "It is listed",
      trigger: ".o_list_view .o_data_row:only-child .o_data_cell:contains('Costly')",
    },
  ],
});

registry.category("web_tour.tours").add("crm_loyalty_winback", {
  url: "/odoo/win-back",
  steps: () => [
    {
      content: "Choose the customer who is worth most",
      trigger: ".o_data_row:contains('Good') .o_list_record_selector input",
      run: "click",
    },
    {
      content: "Send a coupon",
      trigger: "button[name='action_send_coupon']",
      run: "click",
    },
    {
      content: "Confirm",
      trigger: ".modal-footer .btn-primary",
      run: "click",
    },
    {
      content: "It is said what was done",
      trigger: ".o_notification:contains('Coupons sent: 1.')",
    },
  ],
});
