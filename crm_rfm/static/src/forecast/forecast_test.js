import {formatChange, formatWholeAmount} from "@crm_customer360/charts/chart_theme";
import {Component} from "@odoo/owl";

/** What the forecast would have said some months ago, and what it became. */
export class ForecastTest extends Component {
  static template = "crm_rfm.ForecastTest";
  static props = {test: Object, currencyId: Number};

  amount(value) {
    return formatWholeAmount(value, this.props.currencyId);
  }

  /** How much too high (+) or too low, of what happened. */
  error({predicted, actual}) {
    return actual > 0 ? formatChange(predicted / actual - 1) : "";
  }
}
