import {
  COLORS,
  chartOptions,
  formatAmount,
  formatCompactAmount,
  isolate,
} from "./chart_theme";
import {CustomerChartField, customerChartField} from "./customer_chart_field";
import {registry} from "@web/core/registry";

/** What the customer owes by days past due, each amount under its bar. */
export class AgingChartField extends CustomerChartField {
  static opens = "action_open_aging";

  config({labels, series, currency_id: currencyId}) {
    const [{label, values}] = series;
    return {
      type: "bar",
      data: {
        labels: labels.map((name, position) => [
          /^\d/.test(name) ? isolate(name) : name,
          formatCompactAmount(values[position], currencyId),
        ]),
        datasets: [
          {
            label,
            data: [...values],
            backgroundColor: [COLORS.good, ...COLORS.late, COLORS.main],
            categoryPercentage: 0.9,
          },
        ],
      },
      options: chartOptions({
        tooltip: {label: ({raw}) => formatAmount(raw, currencyId)},
        x: {grid: {display: false}, ticks: {autoSkip: false}},
        y: {ticks: {display: false, maxTicksLimit: 6}},
      }),
    };
  }
}

registry
  .category("fields")
  .add("customer_aging_chart", customerChartField(AgingChartField));
