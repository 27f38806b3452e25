import {Component, onWillStart, useState} from "@odoo/owl";
import {formatChange, formatWholeAmount} from "@crm_customer360/charts/chart_theme";
import {ForecastChart} from "./forecast_chart";
import {ForecastTest} from "./forecast_test";
import {KeepLast} from "@web/core/utils/concurrency";
import {Layout} from "@web/search/layout";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";
import {useSetupAction} from "@web/search/action_hook";

/**
 * The next twelve months of a company, or of several of one currency. The server says
 * what is shown (`crm_rfm_forecast_screen.py`).
 */
export class ForecastAction extends Component {
  static template = "crm_rfm.ForecastAction";
  static components = {ForecastChart, ForecastTest, Layout};
  static props = {...standardActionServiceProps};

  setup() {
    this.orm = useService("orm");
    this.action = useService("action");
    this.notification = useService("notification");
    // Of several choices in a row the last one is shown, whichever answer comes last.
    this.keepLast = new KeepLast();
    this.display = {controlPanel: {}};
    const {companyId, filters} = this.props.state || {};
    this.state = useState({data: {}, companyId, filters: filters || {}, busy: false});
    this.open = this.open.bind(this);
    useSetupAction({
      getLocalState: () => ({
        companyId: this.state.companyId,
        filters: {...this.state.filters},
      }),
    });
    onWillStart(() => this.load());
  }

  async load() {
    const data = await this.keepLast.add(
      this.orm.call("crm.rfm.forecast", "get_forecast", [
        this.state.companyId ?? null,
        {...this.state.filters},
      ])
    );
    this.state.data = data;
    this.state.companyId = data.company_id;
  }

  /** What is expected, and what to compare it with. */
  get results() {
    return [
      ["expected", _t("Expected")],
      ["last_year", _t("Last year")],
    ];
  }

  /** What it is made of; the parts do not add up to it. */
  get parts() {
    return [
      ["invoiced", _t("Already invoiced")],
      ["model", _t("Model")],
      ["orders", _t("Open orders")],
      ["pipeline", _t("Customers' pipeline")],
      ["prospects", _t("Prospects' pipeline")],
    ];
  }

  /** What can be chosen, `[field, label, label of all, choices]`. */
  get choices() {
    const {options} = this.state.data;
    return [
      ["team_id", _t("Sales team"), _t("All sales teams"), options.team_id],
      ["user_id", _t("Salesperson"), _t("All salespeople"), options.user_id],
      ["segment_id", _t("Segment"), _t("All segments"), options.segment_id],
    ];
  }

  amount(value) {
    return formatWholeAmount(value, this.state.data.currency_id);
  }

  /** Change against last year, of the month with what is invoiced in it already. */
  change({expected, invoiced, last_year: lastYear}) {
    if (lastYear <= 0) {
      return "";
    }
    return formatChange((expected + invoiced) / lastYear - 1);
  }

  /** Only the running month can have invoices already. */
  isBlank(part, month) {
    return part === "invoiced" && !month.partial;
  }

  canOpen(part, value) {
    return Boolean(value) && this.state.data.opens.includes(part);
  }

  isChosen(field, id) {
    return field in this.state.filters && this.state.filters[field] === id;
  }

  onCompany(event) {
    const id = Number(event.target.value);
    this.state.companyId = id || false;
    this.state.filters = {};
    return this.load();
  }

  onFilter(field, event) {
    const {value} = event.target;
    const filters = {...this.state.filters};
    delete filters[field];
    if (value) {
      filters[field] = Number(value) || false;
    }
    this.state.filters = filters;
    return this.load();
  }

  async open(part, month = false) {
    const action = await this.orm.call("crm.rfm.forecast", "action_open_forecast", [
      part,
      month,
      this.state.companyId,
      {...this.state.filters},
    ]);
    return this.action.doAction(action);
  }

  analyse() {
    return this.action.doAction("crm_rfm.crm_rfm_forecast_action_pivot");
  }

  async compute() {
    this.state.busy = true;
    try {
      const message = await this.orm.call("crm.rfm.forecast", "action_compute");
      if (message) {
        this.notification.add(message, {type: "info"});
      }
    } finally {
      // Before it is read: an answer that a later choice overtakes never comes.
      this.state.busy = false;
    }
    await this.load();
  }
}

registry.category("actions").add("crm_rfm.forecast", ForecastAction);
