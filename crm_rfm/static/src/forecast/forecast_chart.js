import {
  COLORS,
  chartOptions,
  formatAmount,
  formatCompactAmount,
} from "@crm_customer360/charts/chart_theme";
import {ChartCanvas} from "@crm_customer360/charts/chart_canvas";
import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";

/**
 * The parts of each month one upon the other, together what is expected of it, and last
 * year's month as a line. A click opens what is expected of the month.
 */
export class ForecastChart extends Component {
  static template = "crm_rfm.ForecastChart";
  static components = {ChartCanvas};
  static props = {months: Array, currencyId: Number, open: Function};

  setup() {
    this.config = this.config.bind(this);
    this.onSelect = this.onSelect.bind(this);
  }

  get label() {
    return _t("Expected revenue of the next twelve months");
  }

  get data() {
    return {months: this.props.months, currencyId: this.props.currencyId};
  }

  /** `[amount of a month, label, colour]`, from the bottom to the top. */
  get parts() {
    return [
      ["invoiced", _t("Already invoiced"), COLORS.mainPale],
      ["orders", _t("Open orders"), COLORS.good],
      ["pipeline", _t("Customers' pipeline"), COLORS.late[0]],
      ["further", _t("Further purchases by the model"), COLORS.main],
      ["prospects", _t("Prospects' pipeline"), COLORS.late[1]],
    ];
  }

  get table() {
    const {months, currencyId} = this.props;
    return {
      header: [this.label, ...this.parts.map(([, label]) => label), _t("Last year")],
      rows: months.map((month) => ({
        label: month.label,
        cells: [...this.parts.map(([name]) => name), "last_year"].map((name) =>
          formatAmount(month[name], currencyId)
        ),
        open: true,
      })),
    };
  }

  onSelect(position) {
    return this.props.open("expected", this.props.months[position].date);
  }

  config({months, currencyId}) {
    const bars = this.parts
      .filter(([name]) => months.some((month) => month[name]))
      .map(([name, label, backgroundColor]) => ({
        label: String(label),
        data: months.map((month) => month[name]),
        backgroundColor,
        stack: "expected",
        order: 1,
      }));
    return {
      type: "bar",
      data: {
        labels: months.map(({label}) => label),
        datasets: [
          ...bars,
          {
            type: "line",
            label: String(_t("Last year")),
            data: months.map((month) => month.last_year),
            backgroundColor: COLORS.late[4],
            borderColor: COLORS.late[4],
            borderWidth: 2,
            pointRadius: 2,
            stack: "last_year",
            order: 0,
          },
        ],
      },
      options: chartOptions({
        legend: true,
        tooltip: {
          label: ({dataset, raw}) =>
            `${dataset.label}: ${formatAmount(raw, currencyId)}`,
          footer: (items) =>
            items.length
              ? String(
                  _t(
                    "Expected: %s",
                    formatAmount(months[items[0].dataIndex].expected, currencyId)
                  )
                )
              : "",
        },
        x: {stacked: true, grid: {display: false}, ticks: {autoSkipPadding: 8}},
        y: {
          stacked: true,
          ticks: {
            maxTicksLimit: 6,
            callback: (value) => formatCompactAmount(value, currencyId),
          },
        },
      }),
    };
  }
}
