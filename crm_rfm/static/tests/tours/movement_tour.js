import {registry} from "@web/core/registry";

let count = 0;

function number(text) {
  return Number(text.replace(/\D/g, ""));
}

registry.category("web_tour.tours").add("crm_rfm_movement", {
  url: "/odoo/rfm-movement",
  steps: () => [
    {
      content: "What moved, in words",
      trigger: ".o_rfm_movement .o_rfm_sentence:contains('moved down')",
    },
    {
      content: "One month is compared at first",
      trigger: "button[data-months='1'].btn-primary",
    },
    {
      content: "Compare three months",
      trigger: "button[data-months='3']",
      run: "click",
    },
    {
      content: "Three months are compared",
      trigger: "button[data-months='3'].btn-primary",
    },
    {
      content: "Choose the month before",
      trigger: "#o_rfm_from",
      run({anchor}) {
        anchor.selectedIndex = anchor.options.length - 2;
        anchor.dispatchEvent(new Event("change"));
      },
    },
    {
      content: "The buttons say that it is another one",
      trigger: "button[data-months='3']:not(.btn-primary)",
    },
    {
      content: "In money",
      trigger: "button[name='measure_revenue']",
      run: "click",
    },
    {
      content: "The cells are amounts",
      trigger: ".o_rfm_move_table .o_rfm_move_cell:contains('$')",
    },
    {
      content: "In customers again",
      trigger: "button[name='measure_count']",
      run: "click",
    },
    {
      content: "Open who was not there yet",
      trigger: ".o_rfm_move_table .o_rfm_move_cell[data-from='absent']:first",
      async run({anchor, click}) {
        count = Number(anchor.dataset.count);
        await click();
      },
    },
    {
      content: "The list has as many customers as the cell",
      trigger: ".o_list_view .o_data_row",
      run() {
        const found = number(document.querySelector(".o_pager_limit").textContent);
        if (found !== count || !count) {
          throw new Error(`The list has ${found} customers, the cell ${count}`);
        }
      },
    },
    {
      content: "Back to the movement",
      trigger: ".breadcrumb .o_back_button a:contains('Movement')",
      run: "click",
    },
    {
      content: "The months chosen are still there",
      trigger: "button[data-months='3']:not(.btn-primary)",
    },
    {
      content: "All changes",
      trigger: "button[name='all_changes']",
      run: "click",
    },
    {
      content: "They are listed",
      trigger: ".o_list_view .o_data_row:contains('Page Customer')",
    },
  ],
});

registry.category("web_tour.tours").add("crm_rfm_page", {
  url: "/odoo/customers-360",
  steps: () => [
    {
      content: "Open the customer",
      trigger: ".o_list_view .o_data_cell:contains('Page Customer')",
      run: "click",
    },
    {
      content: "Its segment",
      trigger: ".o_form_view .o_rfm_story .o_rfm_chip",
    },
    {
      content: "Where it came from",
      trigger: ".o_rfm_story:contains('before:')",
    },
    {
      content: "The last month ends",
      trigger: ".o_rfm_story .o_rfm_trend .o_rfm_bar",
    },
    {
      content: "Only changes of the segment on the timeline",
      trigger: ".o_customer_timeline_kinds button[data-kind='segment']",
      run: "click",
    },
    {
      content: "From where to where",
      trigger:
        ".o_customer_timeline:not([aria-busy='true']) li button:contains('Moved from About to sleep to Hibernating')",
      run: "click",
    },
    {
      content: "The movement is open",
      trigger: ".o_form_view div[name='direction']:contains('Down')",
    },
  ],
});
