import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

// The forecast, a filter, and what is behind a figure.
registry.category("web_tour.tours").add("crm_rfm_forecast", {
  url: "/odoo",
  steps: () => [
    ...stepUtils.goToAppSteps("crm_customer360.menu_root", "Open the app"),
    {
      content: "Open the menu",
      trigger: "button[data-menu-xmlid='crm_rfm.menu_rfm']",
      run: "click",
    },
    {
      content: "Open the forecast",
      trigger: "a[data-menu-xmlid='crm_rfm.menu_rfm_forecast']",
      run: "click",
    },
    {
      content: "An empty screen says what to do",
      trigger: ".o_forecast_empty:contains('Compute now')",
    },
    {
      content: "Compute now",
      trigger: "button[name='compute']",
      run: "click",
    },
    {content: "The months are drawn", trigger: ".o_forecast canvas"},
    {
      content: "Why there is no model",
      trigger: ".o_forecast_note:contains('too few customers')",
    },
    {
      content: "Nothing to test either",
      trigger: ".o_forecast_test_12 .o_forecast_sentence:contains('no usable fit')",
    },
    {
      content: "Only those without a salesperson",
      trigger: "select[name='user_id']",
      run: "selectByLabel No salesperson",
    },
    {
      content: "They have no order",
      trigger: ".o_forecast_table:not(:has(button[data-part='orders']))",
    },
    {
      content: "All salespeople again",
      trigger: "select[name='user_id']",
      run: "selectByLabel All salespeople",
    },
    {
      content: "Open what is behind the orders",
      trigger: ".o_forecast_table button[data-part='orders']:contains('80')",
      run: "click",
    },
    {
      content: "The order is there",
      trigger: ".o_list_view .o_data_row:contains('Page Customer')",
    },
    {
      content: "Back",
      trigger: ".breadcrumb-item:contains('Sales Forecast') a, .o_back_button",
      run: "click",
    },
    {
      content: "Analyse",
      trigger: "button[name='analyse']",
      run: "click",
    },
    {content: "The pivot is there", trigger: ".o_pivot table"},
  ],
});
