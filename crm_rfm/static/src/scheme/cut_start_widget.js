import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {useService} from "@web/core/utils/hooks";
import {x2ManyCommands} from "@web/core/orm_service";

/** Fill own cut points with those in force. */
export class CutStartWidget extends Component {
  static template = "crm_rfm.CutStartWidget";
  static props = {...standardWidgetProps};

  setup() {
    this.orm = useService("orm");
    this.notification = useService("notification");
  }

  async start() {
    const {record} = this.props;
    const cuts = record.resId
      ? await this.orm.call("crm.rfm.scheme", "get_cuts_in_force", [
          [record.resId],
          record.data.bins,
        ])
      : [];
    if (!cuts.length) {
      this.notification.add(
        _t("There are none yet: they appear with the first scoring."),
        {type: "info"}
      );
      return;
    }
    const list = record.data.cut_ids;
    await record.update({
      cut_ids: [
        ...list.records.map((line) =>
          x2ManyCommands.delete(line.resId || line._virtualId)
        ),
        ...cuts.map((values) => x2ManyCommands.create(undefined, values)),
      ],
    });
  }
}

registry.category("view_widgets").add("rfm_cut_start", {component: CutStartWidget});
