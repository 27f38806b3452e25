/* global Chart */
import {Component, useEffect, useRef} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {loadBundle} from "@web/core/assets";

/**
 * A chart, drawn anew whenever its data change, and the same figures as a table for
 * those who read by ear or by keyboard.
 *
 * Chart.js is loaded when the first chart is drawn; the page does not wait for it.
 */
export class ChartCanvas extends Component {
  static template = "crm_customer360.ChartCanvas";
  static props = {
    data: Object,
    // `(data) => configuration of Chart.js`
    config: Function,
    label: String,
    // `{header: [String], rows: [{label, cells: [String], open, position}]}`: whether
    // the row can be opened, and which point it is when not the one of the same index
    table: {type: Object, optional: true},
    // `(position)`, called for the points that `canSelect(position)`
    onSelect: {type: Function, optional: true},
    canSelect: {type: Function, optional: true},
    className: {type: String, optional: true},
  };
  static defaultProps = {className: "", canSelect: () => true};

  setup() {
    this.canvasRef = useRef("canvas");
    this.chart = null;
    useEffect(
      () => {
        let wanted = true;
        // In the next frame: drawing takes longer than all the rest of the page,
        // which is to be seen first.
        loadBundle("web.chartjs_lib").then(() =>
          browser.requestAnimationFrame(() => wanted && this.draw())
        );
        return () => {
          wanted = false;
          this.chart?.destroy();
          this.chart = null;
        };
      },
      () => [JSON.stringify(this.props.data)]
    );
  }

  draw() {
    const config = this.props.config(this.props.data);
    if (this.props.onSelect) {
      config.options.onClick = (event) => this.onClick(event);
      config.options.onHover = (event) => {
        this.canvasRef.el.style.cursor =
          this.selectedAt(event) === undefined ? "" : "pointer";
      };
    }
    this.chart = new Chart(this.canvasRef.el, config);
  }

  /** Position of what is under the pointer, if it can be opened. */
  selectedAt(event) {
    const {options} = this.chart;
    const [hit] = this.chart.getElementsAtEventForMode(
      event,
      options.interaction.mode,
      options.interaction,
      true
    );
    return hit && this.props.canSelect(hit.index) ? hit.index : undefined;
  }

  onClick(event) {
    const position = this.selectedAt(event);
    if (position !== undefined) {
      this.props.onSelect(position);
    }
  }
}
