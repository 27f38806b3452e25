import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

/** From a top menu of the app, through its entry, to a screen. */
function open(menu, entry, screen) {
  return [
    {
      content: `Open the menu ${menu}`,
      trigger: `button[data-menu-xmlid='crm_customer360.${menu}']`,
      run: "click",
    },
    {
      content: `Open ${entry}`,
      trigger: `a[data-menu-xmlid='crm_customer360.${entry}']`,
      run: "click",
    },
    {content: `${entry} is there`, trigger: screen},
  ];
}

function view(type, screen) {
  return [
    {
      content: `Switch to the ${type}`,
      trigger: `.o_switch_view.o_${type}`,
      run: "click",
    },
    {content: `The ${type} is there`, trigger: screen},
  ];
}

function tab(name, content) {
  return [
    {
      content: `Open the tab ${name}`,
      trigger: `.o_notebook .nav-link[name='${name}']`,
      run: "click",
    },
    {content: `The tab ${name} is there`, trigger: content},
  ];
}

// Every screen of the app, with what it must show.
registry.category("web_tour.tours").add("crm_customer360_every_screen", {
  url: "/odoo",
  steps: () => [
    ...stepUtils.goToAppSteps("crm_customer360.menu_root", "Open the app"),
    {
      content: "Customers",
      trigger: "[data-menu-xmlid='crm_customer360.menu_customers']",
      run: "click",
    },
    {
      content: "State and reason in the list",
      trigger: ".o_list_view .o_data_row:contains('Page Customer'):contains('Risk')",
    },
    ...view("kanban", ".o_kanban_record:contains('Page Customer'):contains('Risk')"),
    ...view("pivot", ".o_pivot table:contains('Risk')"),
    ...view("graph", ".o_graph_view canvas"),
    ...view("list", ".o_list_view .o_data_row:contains('Page Customer')"),
    {
      content: "Open the customer",
      trigger: ".o_list_view .o_data_cell[name='partner_id']:contains('Page Customer')",
      run: "click",
    },
    {
      content: "Revenue by month is drawn",
      trigger: "div[name='month_chart'] canvas",
    },
    {content: "Ages are drawn", trigger: "div[name='aging_chart'] canvas"},
    {
      content: "The way from revenue down is drawn",
      trigger: "div[name='contribution_chart'] canvas",
    },
    ...tab("timeline", ".o_customer_timeline li:contains('Opportunity')"),
    ...tab("products", "div[name='top_product_ids'] .o_data_row:contains('product_a')"),
    ...tab("handover", ".o_notebook .tab-pane:contains('page_manager')"),
    ...tab("figures", ".o_group[name='figures'], div[name='revenue_previous']"),
    ...open("menu_reporting", "menu_pareto", ".o_pareto_sentence"),
    {
      content: "Both curves are there",
      trigger: ".o_pareto_revenue canvas",
    },
    {
      content: "Open the customers behind it",
      trigger: "button[name='class_a']",
      run: "click",
    },
    {
      content: "Class A is listed",
      trigger: ".o_list_view .o_data_row:contains('Page Customer')",
    },
    ...open(
      "menu_reporting",
      "menu_products",
      // Nobody has stopped buying anything.
      ".o_view_nocontent:contains('No product')"
    ),
    ...open("menu_reporting", "menu_events", ".o_list_view"),
    ...open(
      "menu_reporting",
      "menu_snapshots",
      ".o_graph_view, .o_pivot, .o_list_view"
    ),
    ...open("menu_configuration", "menu_verdicts", ".o_list_view"),
    {
      content: "An empty screen says what will appear",
      trigger: ".o_view_nocontent:contains('No verdict was set by hand')",
    },
    ...open("menu_configuration", "menu_integrity", ".o_form_view .alert-success"),
  ],
});
