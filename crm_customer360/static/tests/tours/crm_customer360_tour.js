import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

// From the app to the documents behind a figure, and the integrity check.
registry.category("web_tour.tours").add("crm_customer360_screens", {
  url: "/odoo",
  steps: () => [
    ...stepUtils.goToAppSteps("crm_customer360.menu_root", "Open the app"),
    {
      content: "Open the customer",
      trigger: ".o_list_view .o_data_cell:contains('Tour Customer')",
      run: "click",
    },
    {
      content: "The figures are there",
      trigger: ".o_form_view div[name='revenue']:contains('1,200.00')",
    },
    {
      content: "What is not known yet is said, not shown as zero",
      trigger: ".o_form_view .oe_title:contains('ranked tonight')",
    },
    {
      content: "Refresh",
      trigger: ".o_form_view button[name='action_refresh']",
      run: "click",
    },
    {
      content: "Open the invoices behind the revenue",
      trigger: ".o_form_view button[name='action_open_invoices']",
      run: "click",
    },
    {
      content: "The invoice is listed",
      trigger: ".o_list_view .o_data_row:contains('Tour Customer')",
    },
    {
      content: "Back to the customer",
      trigger: ".breadcrumb .o_back_button a:contains('Tour Customer')",
      run: "click",
    },
    {
      content: "Open the items behind the receivable",
      trigger: ".o_form_view button[name='action_open_receivable']",
      run: "click",
    },
    {
      content: "Their sum is the receivable",
      trigger: ".o_list_view tfoot:contains('1,200.00')",
    },
    {
      content: "Open the configuration menu",
      trigger: "button[data-menu-xmlid='crm_customer360.menu_configuration']",
      run: "click",
    },
    {
      content: "Open the integrity check",
      trigger: "a[data-menu-xmlid='crm_customer360.menu_integrity']",
      run: "click",
    },
    {
      content: "The figures of the check are there",
      trigger: ".o_form_view div[name='amount_line_ids'] .o_data_row",
    },
  ],
});
