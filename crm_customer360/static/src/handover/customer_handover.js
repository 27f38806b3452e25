import {Component, useEffect, useState} from "@odoo/owl";
import {deserializeDateTime, toLocaleDateString} from "@web/core/l10n/dates";
import {KeepLast} from "@web/core/utils/concurrency";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {useService} from "@web/core/utils/hooks";

const FIELDS = ["owner_history", "last_messages", "contact_summary"];

const KINDS = {
  note: {icon: "fa-sticky-note-o", label: _t("Note")},
  message: {icon: "fa-envelope-o", label: _t("Message")},
  activity: {icon: "fa-check-square-o", label: _t("Activity")},
};

function day(moment) {
  return moment ? toLocaleDateString(deserializeDateTime(moment)) : "";
}

/**
 * What the salesperson who left knew: who had the customer, what was said last, and
 * whom to talk to. Loaded when it is shown, not with the form.
 */
export class CustomerHandover extends Component {
  static template = "crm_customer360.CustomerHandover";
  static props = {...standardWidgetProps};

  setup() {
    this.orm = useService("orm");
    this.action = useService("action");
    this.keepLast = new KeepLast();
    this.state = useState({ready: false, owners: [], messages: [], contacts: []});
    useEffect(
      () => {
        this.load();
      },
      () => [this.props.record.resId, this.props.record.data.refreshed_at?.ts]
    );
  }

  async load() {
    const {resId, resModel} = this.props.record;
    const [values] = resId
      ? await this.keepLast.add(this.orm.read(resModel, [resId], FIELDS))
      : [{}];
    Object.assign(this.state, {
      ready: true,
      owners: (values.owner_history || []).map((owner, position) => ({
        ...owner,
        current: position === 0,
        period: this.period(owner),
      })),
      messages: (values.last_messages || []).map((message) => ({
        ...message,
        ...KINDS[message.kind],
        day: day(message.date),
      })),
      contacts: (values.contact_summary || []).map((contact) => ({
        ...contact,
        day: day(contact.date),
      })),
    });
  }

  /** When somebody had the customer, in words. */
  period({from, to}) {
    if (from && to) {
      return _t("%(from)s to %(to)s", {from: day(from), to: day(to)});
    }
    if (from) {
      return _t("since %s", day(from));
    }
    return to ? _t("until %s", day(to)) : _t("since an unknown day");
  }

  open(model, resId) {
    this.action.doAction({
      type: "ir.actions.act_window",
      res_model: model,
      res_id: resId,
      views: [[false, "form"]],
    });
  }
}

export const customerHandover = {
  component: CustomerHandover,
  fieldDependencies: [{name: "refreshed_at", type: "datetime"}],
};

registry.category("view_widgets").add("customer_handover", customerHandover);
