import {Component} from "@odoo/owl";
import {ColorList} from "@web/core/colorlist/colorlist";
import {_t} from "@web/core/l10n/translation";
import {formatFloat} from "@web/core/utils/numbers";
import {formatWholeAmount} from "@crm_customer360/charts/chart_theme";

const COLORS = ColorList.COLORS.map((_name, index) => index);

/** The segments beside the matrix: what is in them, and in the editor the brushes. */
export class SegmentList extends Component {
  static template = "crm_rfm.SegmentList";
  static components = {ColorList};
  static props = {
    grid: Object,
    currencyId: Number,
    editing: Boolean,
    open: Function,
    hover: Function,
    onChange: Function,
  };

  setup() {
    this.colors = COLORS;
  }

  get rows() {
    const {grid} = this.props;
    const all = grid.all;
    return grid.segments.map((segment) => {
      const {customers, amount} = grid.total(segment.key);
      return {
        ...segment,
        customers,
        money: formatWholeAmount(amount, this.props.currencyId),
        share: all.amount
          ? formatFloat((100 * amount) / all.amount, {digits: [16, 0]})
          : "0",
      };
    });
  }

  paintTitle({name}) {
    return _t("Paint with %s", name);
  }

  removeTitle({name}) {
    return _t("Delete %s", name);
  }

  add() {
    const {grid} = this.props;
    const taken = new Set(grid.segments.map(({color}) => color));
    const color = COLORS.find((each) => each && !taken.has(each)) || 1;
    grid.addSegment(_t("New segment"), color);
    this.props.onChange();
  }

  change(key, values) {
    this.props.grid.change(key, values);
    this.props.onChange();
  }

  move(key, step) {
    this.props.grid.move(key, step);
    this.props.onChange();
  }

  remove(key) {
    this.props.grid.remove(key);
    this.props.onChange();
  }
}
