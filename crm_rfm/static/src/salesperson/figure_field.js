import {formatInteger, formatMonetary} from "@web/views/fields/formatters";
import {Component} from "@odoo/owl";
import {formatCustomerRate} from "@crm_customer360/views/rate_field";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";

/**
 * A figure of a salesperson that opens the customers behind it: the server's
 * `action_open` is asked for the action of this field.
 */
export class FigureField extends Component {
  static template = "crm_rfm.FigureField";
  static props = {...standardFieldProps};

  setup() {
    this.action = useService("action");
    this.orm = useService("orm");
  }

  get value() {
    return this.props.record.data[this.props.name];
  }

  get text() {
    const {type, currency_field} = this.props.record.fields[this.props.name];
    if (type === "integer") {
      return formatInteger(this.value);
    }
    const currency = this.props.record.data[currency_field || "currency_id"];
    return formatMonetary(this.value, {currencyId: currency && currency.id});
  }

  async open() {
    const {resModel, resId} = this.props.record;
    const action = await this.orm.call(resModel, "action_open", [
      [resId],
      this.props.name,
    ]);
    await this.action.doAction(action);
  }
}

export class RateField extends FigureField {
  get text() {
    return formatCustomerRate(this.value);
  }
}

const figureField = {
  component: FigureField,
  supportedTypes: ["integer", "monetary"],
};
const rateField = {component: RateField, supportedTypes: ["float"]};

registry.category("fields").add("rfm_figure", figureField);
registry.category("fields").add("rfm_rate", rateField);
// Groups and totals.
registry.category("formatters").add("rfm_rate", formatCustomerRate);
