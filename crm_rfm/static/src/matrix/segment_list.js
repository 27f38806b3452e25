import {Component} from "@odoo/owl";
import {ColorList} from "@web/core/colorlist/colorlist";
import {_t} from "@web/core/l10n/translation";
import {formatCurrency} from "@web/core/currency";
import {formatFloat} from "@web/core/utils/numbers";

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
        money: formatCurrency(amount, this.props.currencyId, {digits: [16, 0]}),
        share: all.amount
          ? formatFloat((100 * amount) / all.amount, {digits: [16, 0]})
          : "0",
      };
    });
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
