import {formatShare, isolate} from "@crm_customer360/charts/chart_theme";
import {Component} from "@odoo/owl";
import {formatMonetary} from "@web/views/fields/formatters";

/** What the forecast would have said some months ago, and what it became. */
export class ForecastTest extends Component {
  static template = "crm_rfm.ForecastTest";
  static props = {test: Object, currencyId: Number};

  amount(value) {
    const {currencyId} = this.props;
    return isolate(formatMonetary(value, {currencyId, digits: [16, 0]}));
  }

  /** How much too high (+) or too low, of what happened. */
  error({predicted, actual}) {
    if (actual <= 0) {
      return "";
    }
    const share = predicted / actual - 1;
    return isolate(`${share > 0 ? "+" : ""}${formatShare(share)}`);
  }
}
