import {
  COLORS,
  chartOptions,
  chartTheme,
  formatShare,
} from "@crm_customer360/charts/chart_theme";
import {ChartCanvas} from "@crm_customer360/charts/chart_canvas";
import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";

/** Which share of the customers bought in each period after their first. */
export class RetentionCurve extends Component {
  static template = "crm_loyalty.RetentionCurve";
  static components = {ChartCanvas};
  static props = {
    // `[{since, share, n, cohorts}]`
    curve: Array,
    // "quarter" or "year"
    unit: String,
  };

  setup() {
    this.config = this.config.bind(this);
  }

  get title() {
    return _t("Retention curve");
  }

  get axis() {
    return this.props.unit === "quarter"
      ? _t("Quarters since the first purchase")
      : _t("Years since the first purchase");
  }

  get data() {
    return {points: this.props.curve, unit: this.props.unit};
  }

  get table() {
    return {
      header: [this.axis, _t("Bought"), _t("Of so many customers")],
      rows: this.props.curve.map(({since, share, n}) => ({
        label: String(since),
        cells: [formatShare(share), String(n)],
      })),
    };
  }

  config({points}) {
    const theme = chartTheme();
    return {
      type: "line",
      data: {
        datasets: [
          {
            label: String(this.title),
            data: points.map(({since, share}) => ({x: since, y: share})),
            borderColor: COLORS.main,
            backgroundColor: `${COLORS.main}22`,
            borderWidth: 2,
            fill: "origin",
            clip: 6,
            pointRadius: 3,
            pointHoverRadius: 5,
            pointBackgroundColor: COLORS.main,
          },
        ],
      },
      options: chartOptions({
        tooltip: {
          title: () => "",
          label: ({dataIndex}) => {
            const {share, n, cohorts} = points[dataIndex];
            return [
              String(
                _t("%(share)s of %(count)s customers bought", {
                  share: formatShare(share),
                  count: n,
                })
              ),
              String(_t("Cohorts that have come so far: %s", cohorts)),
            ];
          },
        },
        x: {
          type: "linear",
          min: 0,
          grid: {display: false},
          title: {
            display: true,
            text: String(this.axis),
            color: theme.text,
            font: theme.font,
          },
          ticks: {precision: 0, maxTicksLimit: 12},
        },
        y: {
          min: 0,
          max: 1,
          ticks: {maxTicksLimit: 6, callback: (value) => formatShare(value)},
        },
      }),
    };
  }
}
