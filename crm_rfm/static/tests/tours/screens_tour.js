import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

/** From a top menu of the app, through its entry, to a screen. */
function open(menu, entry, screen) {
  return [
    {
      content: `Open the menu ${menu}`,
      trigger: `button[data-menu-xmlid='${menu}']`,
      run: "click",
    },
    {
      content: `Open ${entry}`,
      trigger: `a[data-menu-xmlid='crm_rfm.${entry}']`,
      run: "click",
    },
    {content: `${entry} is there`, trigger: screen},
  ];
}

// The screens that have no tour of their own, with what they must show.
registry.category("web_tour.tours").add("crm_rfm_every_screen", {
  url: "/odoo",
  steps: () => [
    ...stepUtils.goToAppSteps("crm_customer360.menu_root", "Open the app"),
    ...open(
      "crm_rfm.menu_rfm",
      "menu_rfm_customers",
      ".o_list_view .o_group_header:contains('Loyal customers (1)')"
    ),
    ...open(
      "crm_rfm.menu_rfm",
      "menu_rfm_segments",
      ".o_kanban_record:contains('Champions')"
    ),
    {
      content: "Open a segment",
      trigger: ".o_kanban_record:contains('Loyal customers')",
      run: "click",
    },
    {
      content: "Its customer is counted",
      trigger: "button[name='action_open_customers']:contains('1')",
      run: "click",
    },
    {
      content: "The customer is listed",
      trigger: ".o_list_view .o_data_row:contains('Page Customer')",
    },
    ...open(
      "crm_rfm.menu_rfm",
      "menu_rfm_movements",
      ".o_breadcrumb:contains('All Changes')"
    ),
    ...open(
      "crm_rfm.menu_rfm",
      "menu_rfm_predictions",
      ".o_content:contains('Too few customers')"
    ),
    ...open(
      "crm_customer360.menu_configuration",
      "menu_rfm_scheme",
      ".o_breadcrumb:contains('RFM Scheme')"
    ),
    ...open(
      "crm_customer360.menu_configuration",
      "menu_rfm_segment_sets",
      ".o_list_view .o_data_row:contains('Ten segments')"
    ),
  ],
});
