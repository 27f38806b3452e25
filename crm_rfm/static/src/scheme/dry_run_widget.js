import {Component, useState} from "@odoo/owl";
import {Dialog} from "@web/core/dialog/dialog";
import {MoveTable} from "../matrix/move_table";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

export class DryRunDialog extends Component {
  static template = "crm_rfm.DryRunDialog";
  static components = {Dialog, MoveTable};
  static props = {result: Object, close: Function};
}

/** Who would move by the settings in the form, saved or not. */
export class DryRunWidget extends Component {
  static template = "crm_rfm.DryRunWidget";
  static props = {...standardWidgetProps};

  setup() {
    // Not `useService`: on a phone the button is gone with its menu before the answer.
    this.orm = this.env.services.orm;
    this.dialog = this.env.services.dialog;
    this.state = useState({busy: false});
  }

  async show() {
    const {record} = this.props;
    this.state.busy = true;
    try {
      const changes = await record.getChanges();
      const result = await this.orm.call("crm.rfm.scheme", "get_dry_run", [
        record.resId ? [record.resId] : [],
        changes,
      ]);
      this.dialog.add(DryRunDialog, {result});
    } finally {
      this.state.busy = false;
    }
  }
}

registry.category("view_widgets").add("rfm_dry_run", {component: DryRunWidget});
