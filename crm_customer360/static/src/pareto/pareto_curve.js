import {
  COLORS,
  chartOptions,
  chartTheme,
  formatAmount,
  formatCompactAmount,
  formatShare,
} from "../charts/chart_theme";
import {ChartCanvas} from "../charts/chart_canvas";
import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";

/** Lines where a class ends, and its letter above the part of the curve it has. */
const classLimits = {
  id: "classLimits",
  afterDatasetsDraw(chart, _args, {limits}) {
    const {ctx, chartArea, scales} = chart;
    const theme = chartTheme();
    ctx.save();
    ctx.strokeStyle = theme.zero;
    ctx.fillStyle = theme.text;
    ctx.font = `bold 12px ${theme.font.family}`;
    ctx.textAlign = "center";
    ctx.setLineDash([4, 4]);
    let before = 0;
    for (const {key, x} of limits) {
      const pixel = scales.x.getPixelForValue(x);
      ctx.beginPath();
      ctx.moveTo(pixel, chartArea.top);
      ctx.lineTo(pixel, chartArea.bottom);
      ctx.stroke();
      const start = scales.x.getPixelForValue(before);
      if (Math.abs(pixel - start) > 14) {
        ctx.fillText(key.toUpperCase(), (start + pixel) / 2, chartArea.top - 6);
      }
      before = x;
    }
    ctx.restore();
  },
};

/**
 * Cumulated revenue, or contribution, of the customers from the best to the worst.
 * The server says what it shows (`crm_customer_pareto.py`); a click opens the
 * customers up to a point, or those behind the peak.
 */
export class ParetoCurve extends Component {
  static template = "crm_customer360.ParetoCurve";
  static components = {ChartCanvas};
  static props = {
    curve: Object,
    // "revenue" or "contribution"
    kind: String,
    currencyId: Number,
    // `(kind, rank)`, kind being "behind" for the customers behind a rank
    open: Function,
  };

  setup() {
    this.config = this.config.bind(this);
    this.onSelect = this.onSelect.bind(this);
    this.canSelect = this.canSelect.bind(this);
  }

  get title() {
    return this.props.kind === "revenue"
      ? _t("Pareto curve of revenue")
      : _t("Whale curve of contribution");
  }

  get hint() {
    return this.props.kind === "revenue"
      ? _t(
          "Customers from the largest revenue to the smallest. Click the curve to list them."
        )
      : _t(
          "Customers from the best contribution to the worst. Where the curve falls, customers cost money: click there to list them."
        );
  }

  /** The points that mean something of their own, `[label, point]`. */
  get corners() {
    const {points, limits, peak} = this.props.curve;
    const corners = limits.map(({key, rank}) => [
      _t("Up to class %s", key.toUpperCase()),
      points.find((point) => point.rank === rank),
    ]);
    if (peak && peak.rank) {
      corners.push([_t("Peak"), points.find(({rank}) => rank === peak.rank)]);
    }
    if (peak && peak.customers < points.at(-1).customers) {
      corners.push([_t("All customers"), points.at(-1)]);
    }
    return corners;
  }

  get table() {
    const {points} = this.props.curve;
    return {
      header: [this.title, _t("Customers"), _t("Share of customers"), _t("Together")],
      rows: this.corners.map(([label, point]) => ({
        label,
        cells: [
          String(point.customers),
          formatShare(point.x),
          this.formatValue(point.y),
        ],
        open: true,
        position: points.indexOf(point),
      })),
    };
  }

  /** A value of the vertical axis. */
  formatValue(value) {
    return this.props.curve.money
      ? formatCompactAmount(value, this.props.currencyId)
      : formatShare(value);
  }

  isBehind({rank}) {
    const {peak} = this.props.curve;
    return Boolean(peak) && rank > peak.rank;
  }

  canSelect(position) {
    return position > 0;
  }

  onSelect(position) {
    const {curve, kind, open} = this.props;
    const point = curve.points[position];
    return this.isBehind(point)
      ? open("behind", curve.peak.rank)
      : open(kind, point.rank);
  }

  /** What a point says, and what a click on it does. */
  describe(point) {
    if (!point.rank) {
      return "";
    }
    const amount = formatAmount(point.amount, this.props.currencyId);
    const share = formatShare(point.x);
    const lines = [
      point.customers === 1
        ? _t("One customer, %s of all", share)
        : _t("%(count)s customers, %(share)s of all", {count: point.customers, share}),
      this.props.curve.money
        ? amount
        : _t("%(share)s: %(amount)s", {share: formatShare(point.y), amount}),
    ];
    return [
      ...lines.map(String),
      String(
        this.isBehind(point)
          ? _t("Click: customers behind the peak")
          : _t("Click: customers up to here")
      ),
    ];
  }

  config({points, limits, money}) {
    const theme = chartTheme();
    const corners = new Set(this.corners.map(([, point]) => point.rank));
    const main = this.props.kind === "revenue" ? COLORS.main : COLORS.good;
    const behind = (position) => this.isBehind(points[position]);
    return {
      type: "line",
      plugins: [classLimits],
      data: {
        datasets: [
          {
            label: String(this.title),
            data: points.map(({x, y}) => ({x, y})),
            borderColor: main,
            borderWidth: 2,
            // The way down is what the customers behind the peak cost.
            segment: {
              borderColor: ({p1DataIndex}) =>
                behind(p1DataIndex) ? COLORS.bad : undefined,
            },
            backgroundColor: `${main}22`,
            fill: "origin",
            // The last point whole, on the edge.
            clip: 6,
            pointBackgroundColor: main,
            pointRadius: points.map(({rank}) => (corners.has(rank) ? 4 : 0)),
            pointHoverRadius: 5,
          },
        ],
      },
      options: chartOptions({
        interaction: {mode: "nearest", axis: "x", intersect: false},
        layout: {padding: {top: 18}},
        tooltip: {
          title: () => "",
          label: ({dataIndex}) => this.describe(points[dataIndex]),
        },
        plugins: {classLimits: {limits: limits.map(({key, x}) => ({key, x}))}},
        x: {
          type: "linear",
          min: 0,
          max: 1,
          grid: {display: false},
          title: {
            display: true,
            text: String(_t("Share of customers")),
            color: theme.text,
            font: theme.font,
          },
          ticks: {maxTicksLimit: 6, callback: (value) => formatShare(value)},
        },
        y: {
          beginAtZero: true,
          grid: {
            color: ({tick}) =>
              tick?.value === 0 || (!money && tick?.value === 1)
                ? theme.zero
                : theme.grid,
          },
          ticks: {maxTicksLimit: 6, callback: (value) => this.formatValue(value)},
        },
      }),
    };
  }
}
