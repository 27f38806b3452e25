import {Component, onWillStart, useState} from "@odoo/owl";
import {deserializeDateTime, formatDateTime} from "@web/core/l10n/dates";
import {Layout} from "@web/search/layout";
import {ParetoCurve} from "./pareto_curve";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";
import {useSetupAction} from "@web/search/action_hook";

/** Both curves of the customer base of one company, in its currency. */
export class ParetoAction extends Component {
  static template = "crm_customer360.ParetoAction";
  static components = {Layout, ParetoCurve};
  static props = {...standardActionServiceProps};

  setup() {
    this.orm = useService("orm");
    this.action = useService("action");
    this.display = {controlPanel: {}};
    this.state = useState({data: {}});
    this.open = this.open.bind(this);
    useSetupAction({
      getLocalState: () => ({companyId: this.state.data.company_id}),
    });
    onWillStart(() => this.load(this.props.state?.companyId));
  }

  async load(companyId = false) {
    this.state.data = await this.orm.call("crm.customer", "get_pareto_curve", [
      companyId,
    ]);
  }

  get curves() {
    const {revenue, contribution} = this.state.data;
    return contribution
      ? [
          ["revenue", revenue],
          ["contribution", contribution],
        ]
      : [["revenue", revenue]];
  }

  get asOf() {
    const {as_of: asOf} = this.state.data;
    return asOf && formatDateTime(deserializeDateTime(asOf));
  }

  onCompany(event) {
    return this.load(Number(event.target.value));
  }

  async open(kind, rank = 0) {
    const {company_id: companyId} = this.state.data;
    const action = await this.orm.call("crm.customer", "action_open_pareto", [
      kind,
      companyId,
      rank,
    ]);
    return this.action.doAction(action);
  }

  async refresh() {
    const action = await this.orm.call("crm.customer", "action_refresh_all");
    return this.action.doAction(action);
  }
}

registry.category("actions").add("crm_customer360.pareto", ParetoAction);
