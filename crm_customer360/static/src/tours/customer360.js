import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

// First-time hints: from the app to a customer, why it stands as it does, and the
// documents behind a figure.
registry.category("web_tour.tours").add("crm_customer360_tour", {
  url: "/odoo",
  steps: () => [
    stepUtils.showAppsMenuItem(),
    {
      trigger: ".o_app[data-menu-xmlid='crm_customer360.menu_root']",
      content: _t("See the state of every customer: open Customer 360."),
      tooltipPosition: "bottom",
      run: "click",
    },
    {
      trigger: "[data-menu-xmlid='crm_customer360.menu_customers']",
      content: _t("All customers are here; My Day has those who need a call."),
      tooltipPosition: "bottom",
      run: "click",
    },
    {
      trigger: ".o_list_view .o_data_row .o_data_cell[name='partner_id']",
      content: _t("Open a customer."),
      tooltipPosition: "bottom",
      run: "click",
    },
    {
      trigger: ".o_form_view .o_c360_verdict",
      content: _t("The verdict and its reasons. Click a reason to see its documents."),
      tooltipPosition: "bottom",
      run: "click",
    },
    {
      trigger: ".o_form_view div[name='card_revenue'] .o_c360_card_main",
      content: _t("Every figure opens the documents it is the sum of. Try revenue."),
      tooltipPosition: "bottom",
      run: "click",
    },
    {
      isActive: ["auto"],
      trigger: ".o_list_view .o_data_row",
    },
  ],
});
