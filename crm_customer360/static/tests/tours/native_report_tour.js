import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

// From the menu of Invoice Analysis to revenue by ABC class: three clicks.
registry.category("web_tour.tours").add("crm_customer360_native_report", {
  url: "/odoo",
  steps: () => [
    ...stepUtils.goToAppSteps("account.menu_finance", "Open Invoicing"),
    {
      content: "Open the reports",
      trigger: "button[data-menu-xmlid='account.menu_finance_reports']",
      run: "click",
    },
    {
      content: "First click: Invoice Analysis",
      trigger: "a[data-menu-xmlid='account.menu_action_account_invoice_report_all']",
      run: "click",
    },
    {
      content: "Second click: the search menu",
      trigger: ".o_graph_view .o_searchview_dropdown_toggler",
      run: "click",
    },
    {
      content: "The class is among the groups, too",
      trigger: ".o_group_by_menu .o_menu_item:contains('ABC Class')",
    },
    {
      content: "Third click: the favourite",
      trigger: ".o_favorite_menu .o_favorite_item:contains('By ABC Class')",
      run: "click",
    },
    {
      content: "The chart is there",
      trigger: ".o_graph_view .o_graph_canvas_container canvas",
    },
    {
      content: "As figures",
      trigger: ".o_switch_view.o_pivot",
      run: "click",
    },
    {
      content: "Class A brings 8,100",
      trigger: ".o_pivot_view tbody tr:contains('A') td:contains('8,100.00')",
    },
    {
      content: "Class B brings 1,900",
      trigger: ".o_pivot_view tbody tr:contains('B') td:contains('1,900.00')",
    },
    {
      content: "The total is the ledger's",
      trigger: ".o_pivot_view tbody tr:contains('Total') td:contains('10,000.00')",
    },
  ],
});
