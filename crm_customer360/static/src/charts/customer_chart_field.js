import {ChartCanvas} from "./chart_canvas";
import {Component} from "@odoo/owl";
import {formatAmount} from "./chart_theme";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";

/**
 * A chart of the 360 page. The server says what it shows (`crm_customer_chart.py`); a
 * chart of its own says how: `config(data)`, and `opens`, the method of the record
 * that opens the documents of a position, called with its key.
 */
export class CustomerChartField extends Component {
  static template = "crm_customer360.CustomerChartField";
  static components = {ChartCanvas};
  static props = {...standardFieldProps};
  static opens = undefined;
  static className = "";

  setup() {
    this.orm = useService("orm");
    this.action = useService("action");
    this.open = this.open.bind(this);
    this.isOpen = this.isOpen.bind(this);
    this.config = this.config.bind(this);
  }

  get data() {
    return this.props.record.data[this.props.name];
  }

  get className() {
    return this.constructor.className;
  }

  /** The function that opens a position, where there is one. */
  get onSelect() {
    return this.constructor.opens && this.open;
  }

  /** The figures as a table, for those who do not see the chart. */
  get table() {
    const {title, labels, series, currency_id: currencyId} = this.data;
    return {
      header: [title, ...series.map(({label}) => label)],
      rows: labels.map((label, position) => ({
        label,
        cells: series.map(({values}) => formatAmount(values[position], currencyId)),
        open: Boolean(this.constructor.opens) && this.isOpen(position),
      })),
    };
  }

  /** Whether there is something behind a position. */
  isOpen(position) {
    return this.data.series.some(({values}) => values[position]);
  }

  async open(position) {
    const {resId, resModel} = this.props.record;
    const action = await this.orm.call(resModel, this.constructor.opens, [
      [resId],
      this.data.keys[position],
    ]);
    return this.action.doAction(action);
  }

  /** Configuration of Chart.js. */
  config() {
    throw new Error("A chart says how it is drawn");
  }
}

/** Definition of a field that is such a chart. */
export function customerChartField(component) {
  return {component, supportedTypes: ["json"], isEmpty: () => false};
}
