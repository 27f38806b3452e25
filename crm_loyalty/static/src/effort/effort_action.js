import {Component, onWillStart, useState} from "@odoo/owl";
import {EffortChart, FIELD_COLORS} from "./effort_chart";
import {formatCompactAmount, isolate} from "@crm_customer360/charts/chart_theme";
import {Layout} from "@web/search/layout";
import {_t} from "@web/core/l10n/translation";
import {formatInteger} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";
import {useSetupAction} from "@web/search/action_hook";

/** What customers bring against what is spent on them, in four fields. */
export class EffortAction extends Component {
  static template = "crm_loyalty.EffortAction";
  static components = {EffortChart, Layout};
  static props = {...standardActionServiceProps};

  setup() {
    this.orm = useService("orm");
    this.action = useService("action");
    this.display = {controlPanel: {}};
    this.colors = FIELD_COLORS;
    this.state = useState({data: {}});
    this.open = this.open.bind(this);
    useSetupAction({
      getLocalState: () => ({companyId: this.state.data.company_id}),
    });
    onWillStart(() => this.load(this.props.state?.companyId));
  }

  async load(companyId = false) {
    this.state.data = await this.orm.call("crm.customer", "get_effort", [companyId]);
  }

  onCompany(event) {
    return this.load(Number(event.target.value));
  }

  number(value) {
    return isolate(formatInteger(value));
  }

  amount(value) {
    return formatCompactAmount(value, this.state.data.currency_id);
  }

  figures({count, value, cost}) {
    return _t("Customers: %(count)s, contribution: %(value)s, effort: %(cost)s", {
      count: this.number(count),
      value: this.amount(value),
      cost: this.amount(cost),
    });
  }

  async open(field, point = false) {
    return this.action.doAction(
      await this.orm.call("crm.customer", "action_open_effort", [
        this.state.data.company_id,
        field,
        point && {...point},
      ])
    );
  }
}

registry.category("actions").add("crm_loyalty.effort", EffortAction);
