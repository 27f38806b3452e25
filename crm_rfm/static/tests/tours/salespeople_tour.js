import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

// The screen of the salespeople, and from one of its figures to the customers.
registry.category("web_tour.tours").add("crm_rfm_salespeople", {
  url: "/odoo",
  steps: () => [
    ...stepUtils.goToAppSteps("crm_customer360.menu_root", "Open the app"),
    {
      content: "Open the menu Reporting",
      trigger: "button[data-menu-xmlid='crm_customer360.menu_reporting']",
      run: "click",
    },
    {
      content: "Open Salespeople",
      trigger: "a[data-menu-xmlid='crm_rfm.menu_salespeople']",
      run: "click",
    },
    {
      content: "Open the revenue of a salesperson",
      trigger:
        ".o_data_row:contains('salespeople_tour') button[data-figure='revenue']:contains('1,234')",
      run: "click",
    },
    {
      content: "The customers behind it",
      trigger: ".o_list_view .o_data_row:contains('Tour Salespeople')",
    },
    {
      content: "Back to the salespeople",
      trigger: ".o_back_button, .breadcrumb-item a",
      run: "click",
    },
    {
      content: "Open the challenges",
      trigger: ".o_control_panel button:contains('Challenges')",
      run: "click",
    },
    {
      content: "One is ready to start",
      trigger: ".o_kanban_record:contains('Keep and grow your customers')",
      run: "click",
    },
    {
      content: "It can be started",
      trigger: ".o_form_view button[name='action_start']",
    },
  ],
});
