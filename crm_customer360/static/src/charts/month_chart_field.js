import {COLORS, chartOptions, formatAmount, formatCompactAmount} from "./chart_theme";
import {CustomerChartField, customerChartField} from "./customer_chart_field";
import {registry} from "@web/core/registry";

/** Revenue by month as bars, last year's and the year's before; margin as a line. */
export class MonthChartField extends CustomerChartField {
  static opens = "action_open_month";

  config({labels, series, split, parts, currency_id: currencyId}) {
    const [revenue, margin] = series;
    const bars = parts.map((label, part) => ({
      label,
      data: revenue.values.map((value, index) =>
        (part ? index >= split : index < split) ? value : null
      ),
      backgroundColor: part === 0 ? COLORS.mainPale : COLORS.main,
      // Every position has one bar only: it may be as wide as two.
      grouped: false,
      order: 1,
    }));
    const lines = margin
      ? [
          {
            type: "line",
            label: margin.label,
            data: [...margin.values],
            backgroundColor: COLORS.good,
            borderColor: COLORS.good,
            borderWidth: 2,
            pointRadius: 2,
            order: 0,
          },
        ]
      : [];
    return {
      type: "bar",
      data: {labels: [...labels], datasets: [...bars, ...lines]},
      options: chartOptions({
        legend: true,
        tooltip: {
          label: ({dataset, raw}) =>
            `${dataset.label}: ${formatAmount(raw, currencyId)}`,
        },
        x: {grid: {display: false}, ticks: {autoSkipPadding: 8}},
        y: {
          ticks: {
            maxTicksLimit: 6,
            callback: (value) => formatCompactAmount(value, currencyId),
          },
        },
      }),
    };
  }
}

registry
  .category("fields")
  .add("customer_month_chart", customerChartField(MonthChartField));
