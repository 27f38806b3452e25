import {Component} from "@odoo/owl";
import {formatWholeAmount} from "@crm_customer360/charts/chart_theme";

/** Who would move from where to where: the result of a dry run. */
export class MoveTable extends Component {
  static template = "crm_rfm.MoveTable";
  static props = {result: Object};

  money(amount) {
    return formatWholeAmount(amount, this.props.result.currency_id);
  }

  get share() {
    const {moved, all} = this.props.result;
    return all.customers ? Math.round((100 * moved.customers) / all.customers) : 0;
  }
}
