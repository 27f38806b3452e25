import {Component} from "@odoo/owl";
import {deserializeDate, toLocaleDateString} from "@web/core/l10n/dates";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** Between which values each score was given. */
export class BandTableField extends Component {
  static template = "crm_rfm.BandTableField";
  static props = {...standardFieldProps};

  get tables() {
    return (this.props.record.data[this.props.name] || []).map((table) => ({
      ...table,
      day: toLocaleDateString(deserializeDate(table.date)),
    }));
  }
}

registry.category("fields").add("rfm_bands", {
  component: BandTableField,
  supportedTypes: ["json"],
});
