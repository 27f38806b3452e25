import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/**
 * Tier of a customer and why.
 *
 * The value is the field `tier_story` of `crm.customer`; its compute says the shape.
 */
export class TierStoryField extends Component {
  static template = "crm_loyalty.TierStoryField";
  static props = {...standardFieldProps};

  get story() {
    return this.props.record.data[this.props.name];
  }
}

registry.category("fields").add("tier_story", {
  component: TierStoryField,
  displayName: _t("Tier and why"),
  supportedTypes: ["json"],
  isEmpty: () => false,
});
