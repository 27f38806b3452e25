import {COLORS, chartOptions, formatAmount, formatCompactAmount} from "./chart_theme";
import {CustomerChartField, customerChartField} from "./customer_chart_field";
import {registry} from "@web/core/registry";

/**
 * Where the bars of a waterfall begin and end: a total stands on zero, what is taken
 * off hangs from what was left before it.
 *
 * @param {Number[]} values
 * @param {Boolean[]} totals which of them are what is left
 * @returns {Number[][]}
 */
export function waterfall(values, totals) {
  let left = 0;
  return values.map((value, position) => {
    const start = totals[position] ? 0 : left;
    left = start + value;
    return [start, left];
  });
}

/** From revenue down to contribution, as a waterfall read from top to bottom. */
export class ContributionChartField extends CustomerChartField {
  static className = "o_customer_chart_bars";

  config({labels, series, totals, currency_id: currencyId}) {
    const [{label, values}] = series;
    const color = (value, position) => {
      if (totals[position]) {
        return value < 0 ? COLORS.bad : COLORS.main;
      }
      return value < 0 ? COLORS.cost : COLORS.good;
    };
    return {
      type: "bar",
      data: {
        labels: labels.map((name, position) => [
          name,
          formatCompactAmount(values[position], currencyId),
        ]),
        datasets: [
          {
            label,
            data: waterfall(values, totals),
            backgroundColor: values.map(color),
            categoryPercentage: 0.9,
          },
        ],
      },
      options: chartOptions({
        indexAxis: "y",
        interaction: {mode: "index", intersect: false, axis: "y"},
        tooltip: {label: ({dataIndex}) => formatAmount(values[dataIndex], currencyId)},
        x: {ticks: {display: false, maxTicksLimit: 6}},
        y: {grid: {display: false}, ticks: {autoSkip: false}},
      }),
    };
  }
}

registry
  .category("fields")
  .add("customer_contribution_chart", customerChartField(ContributionChartField));
