import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {formatDate} from "@web/core/l10n/dates";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";

const TONES = {good: "success", watch: "warning", risk: "danger", info: "info"};

/**
 * The state of a customer and why: one line a reason, worded by the server, that opens
 * the documents behind it.
 *
 * The value is the field `verdict_lines` of `crm.customer`:
 * `[{code, level, light, text, documents}]`, the most serious first.
 */
export class CustomerVerdictField extends Component {
  static template = "crm_customer360.VerdictField";
  static props = {...standardFieldProps};

  setup() {
    this.action = useService("action");
    this.orm = useService("orm");
  }

  get lines() {
    return this.props.record.data[this.props.name] || [];
  }

  get state() {
    return this.props.record.data.state || "none";
  }

  get stateLabel() {
    const selection = this.props.record.fields.state.selection;
    return Object.fromEntries(selection)[this.state];
  }

  /** What is said when nothing lights up. */
  get quiet() {
    return this.state === "none"
      ? _t("No verdict yet: it comes with the first invoice or payment.")
      : _t("Nothing stands out.");
  }

  get isLit() {
    return this.lines.some((line) => line.level !== "info");
  }

  get since() {
    const since = this.props.record.data.state_since;
    return since ? _t("since %s", formatDate(since)) : "";
  }

  tone(level) {
    return TONES[level] || "secondary";
  }

  async onClick(line) {
    const action = await this.orm.call("crm.customer", "action_open_reason", [
      [this.props.record.resId],
      line.code,
    ]);
    await this.action.doAction(action, {
      onClose: () => this.props.record.load(),
    });
  }
}

export const customerVerdictField = {
  component: CustomerVerdictField,
  displayName: _t("Customer verdict"),
  supportedTypes: ["json"],
  fieldDependencies: [
    {name: "state", type: "selection"},
    {name: "state_since", type: "datetime"},
  ],
};

registry.category("fields").add("customer_verdict", customerVerdictField);
