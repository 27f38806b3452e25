import {
  COLORS,
  chartOptions,
  chartTheme,
  formatAmount,
  formatCompactAmount,
  isRtl,
} from "@crm_customer360/charts/chart_theme";
import {ChartCanvas} from "@crm_customer360/charts/chart_canvas";
import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";

/** Told apart by lightness too. */
export const FIELD_COLORS = {
  costly: COLORS.bad,
  neglected: COLORS.late[0],
  well: COLORS.good,
  quiet: "#8A8FA3",
};

/** Of the circle of one customer, and what the most in a circle add to it. */
const RADIUS = {one: 4, more: 12};

/** The lines between the fields. */
const fieldLimits = {
  id: "fieldLimits",
  beforeDatasetsDraw(chart, _args, {x, y}) {
    const {ctx, chartArea, scales} = chart;
    ctx.save();
    ctx.strokeStyle = chartTheme().text;
    ctx.setLineDash([5, 4]);
    const left = scales.x.getPixelForValue(x);
    const top = scales.y.getPixelForValue(y);
    ctx.beginPath();
    ctx.moveTo(left, chartArea.top);
    ctx.lineTo(left, chartArea.bottom);
    ctx.moveTo(chartArea.left, top);
    ctx.lineTo(chartArea.right, top);
    ctx.stroke();
    ctx.restore();
  },
};

/** Names of the extreme customers, where there is room for them. */
const customerNames = {
  id: "customerNames",
  afterDatasetsDraw(chart, _args, {points}) {
    const {ctx, chartArea} = chart;
    if (chartArea.width < 400) {
      return;
    }
    const theme = chartTheme();
    ctx.save();
    ctx.fillStyle = theme.text;
    ctx.font = `${theme.font.size}px ${theme.font.family}`;
    const drawn = [];
    chart.getDatasetMeta(0).data.forEach(({x, y}, index) => {
      const {name} = points[index];
      if (!name) {
        return;
      }
      const width = ctx.measureText(name).width;
      const before = isRtl()
        ? x - 8 - width > chartArea.left
        : x + 8 + width > chartArea.right;
      const start = before ? x - 8 - width : x + 8;
      const box = [start, y - 6, start + width, y + 6];
      const free = drawn.every(
        ([left, top, right, bottom]) =>
          box[2] < left || box[0] > right || box[3] < top || box[1] > bottom
      );
      if (free) {
        drawn.push(box);
        ctx.textAlign = "left";
        ctx.direction = isRtl() ? "rtl" : "ltr";
        ctx.fillText(name, start, y + 4);
      }
    });
    ctx.restore();
  },
};

/**
 * Customers by what is spent on them and what they bring. Both axes grow as the
 * logarithm of the amount, so that small and large ones are seen together.
 */
export class EffortChart extends Component {
  static template = "crm_loyalty.EffortChart";
  static components = {ChartCanvas};
  static props = {
    // `{points, limits, fields}`, see `get_effort`
    data: Object,
    currencyId: Number,
    // `(field, point)`
    open: Function,
  };

  setup() {
    this.config = this.config.bind(this);
    this.onSelect = this.onSelect.bind(this);
  }

  get title() {
    return _t("Value against effort");
  }

  get chartData() {
    const {points, limits} = this.props.data;
    return {points, limits};
  }

  get table() {
    return {
      header: [this.title, _t("Customers"), _t("Contribution"), _t("Effort")],
      rows: this.props.data.points
        .map((point, position) => ({point, position}))
        .filter(({point}) => point.name)
        .map(({point, position}) => ({
          label: point.name,
          cells: ["1", this.amount(point.value), this.amount(point.cost)],
          open: true,
          position,
        })),
    };
  }

  amount(value) {
    return formatAmount(value, this.props.currencyId);
  }

  onSelect(position) {
    const point = this.props.data.points[position];
    return this.props.open(point.field, point);
  }

  describe(point) {
    const {name} = this.props.data.fields.find(({key}) => key === point.field);
    const lines = [
      point.name ||
        (point.count === 1
          ? _t("One customer")
          : _t("%s customers, on average", point.count)),
      _t("Contribution: %s", this.amount(point.value)),
      _t("Effort: %s", this.amount(point.cost)),
      name,
    ];
    return lines.map(String);
  }

  config({points, limits}) {
    const theme = chartTheme();
    const scale = {
      value: Math.max(Math.abs(limits.value), 1),
      cost: Math.max(Math.abs(limits.cost), 1),
    };
    const to = (amount, unit) =>
      Math.sign(amount) * Math.log1p(Math.abs(amount) / unit);
    const back = (place, unit) => Math.sign(place) * Math.expm1(Math.abs(place)) * unit;
    const largest = Math.max(...points.map(({count}) => count));
    const axis = (text, unit) => ({
      title: {display: true, text: String(text), color: theme.text, font: theme.font},
      ticks: {
        maxTicksLimit: 7,
        callback: (place) =>
          formatCompactAmount(Math.round(back(place, unit)), this.props.currencyId),
      },
    });
    return {
      type: "bubble",
      plugins: [fieldLimits, customerNames],
      data: {
        datasets: [
          {
            label: String(this.title),
            data: points.map(({value, cost, count}) => ({
              x: to(cost, scale.cost),
              y: to(value, scale.value),
              r: RADIUS.one + RADIUS.more * Math.sqrt((count - 1) / largest),
            })),
            backgroundColor: points.map(({field}) => `${FIELD_COLORS[field]}AA`),
            borderColor: points.map(({field}) => FIELD_COLORS[field]),
            // A circle on the edge is seen whole.
            clip: RADIUS.one + RADIUS.more,
          },
        ],
      },
      options: chartOptions({
        interaction: {mode: "nearest", axis: "xy", intersect: true},
        layout: {padding: {top: 12, right: 12, left: 12}},
        tooltip: {
          title: () => "",
          label: ({dataIndex}) => this.describe(points[dataIndex]),
        },
        plugins: {
          fieldLimits: {
            x: to(limits.cost, scale.cost),
            y: to(limits.value, scale.value),
          },
          customerNames: {points},
        },
        x: axis(_t("Effort"), scale.cost),
        y: axis(_t("Contribution"), scale.value),
      }),
    };
  }
}
