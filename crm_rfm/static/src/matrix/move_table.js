import {Component} from "@odoo/owl";
import {formatCurrency} from "@web/core/currency";

/** Who would move from where to where: the result of a dry run. */
export class MoveTable extends Component {
  static template = "crm_rfm.MoveTable";
  static props = {result: Object};

  money(amount) {
    return formatCurrency(amount, this.props.result.currency_id, {digits: [16, 0]});
  }

  get share() {
    const {moved, all} = this.props.result;
    return all.customers ? Math.round((100 * moved.customers) / all.customers) : 0;
  }
}
