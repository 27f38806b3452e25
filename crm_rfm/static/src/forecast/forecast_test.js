import {formatAmount, formatShare} from "@crm_customer360/charts/chart_theme";
import {Component} from "@odoo/owl";

/** What the forecast would have said some months ago, and what it became. */
export class ForecastTest extends Component {
  static template = "crm_rfm.ForecastTest";
  static props = {test: Object, currencyId: Number};

  amount(value) {
    return formatAmount(value, this.props.currencyId);
  }

  /** How much too high (+) or too low, of what happened. */
  error({predicted, actual}) {
    if (actual <= 0) {
      return "";
    }
    const share = predicted / actual - 1;
    return `${share > 0 ? "+" : ""}${formatShare(share)}`;
  }
}
