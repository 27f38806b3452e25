import {Component, useState} from "@odoo/owl";
import {Dialog} from "@web/core/dialog/dialog";
import {_t} from "@web/core/l10n/translation";
import {formatCurrency} from "@web/core/currency";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

export class TierPreviewDialog extends Component {
  static template = "crm_loyalty.TierPreviewDialog";
  static components = {Dialog};
  static props = {result: Object, apply: Function, open: Function, close: Function};

  get parts() {
    const {now, end} = this.props.result;
    return [
      {...now, key: "now", title: _t("At once")},
      {...end, key: "end", title: _t("If all periods ended today")},
    ];
  }

  money(amount) {
    return formatCurrency(amount, this.props.result.currency_id, {digits: [16, 0]});
  }

  async apply() {
    if (await this.props.apply()) {
      this.props.close();
    }
  }

  open(move) {
    this.props.close();
    this.props.open(move);
  }
}

/** Who would move by the tiers and rules in the form, saved or not. */
export class TierPreviewWidget extends Component {
  static template = "crm_loyalty.TierPreviewWidget";
  static props = {...standardWidgetProps};

  setup() {
    // Not `useService`: on a phone the button may be gone before the answer.
    this.orm = this.env.services.orm;
    this.dialog = this.env.services.dialog;
    this.action = this.env.services.action;
    this.state = useState({busy: false});
  }

  async show() {
    const {record} = this.props;
    this.state.busy = true;
    try {
      const changes = await record.getChanges();
      const result = await this.orm.call("loyalty.program", "get_tier_preview", [
        [record.resId],
        changes,
      ]);
      this.dialog.add(TierPreviewDialog, {
        result,
        apply: () => record.save(),
        open: (move) => this.open(move),
      });
    } finally {
      this.state.busy = false;
    }
  }

  open(move) {
    this.action.doAction({
      type: "ir.actions.act_window",
      name: _t("Members who would move"),
      res_model: "crm.customer",
      views: [
        [false, "list"],
        [false, "form"],
      ],
      domain: [["id", "in", move.ids]],
    });
  }
}

registry.category("view_widgets").add("tier_preview", {component: TierPreviewWidget});
