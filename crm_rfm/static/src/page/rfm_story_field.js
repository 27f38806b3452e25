import {Component} from "@odoo/owl";
import {deserializeDate, toLocaleDateString} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

const STATE_COLORS = {
  prospect: "info",
  new: "info",
  lapsed: "warning",
  excluded: "secondary",
};

/**
 * Segment, score and trend of a customer, in one row of chips.
 *
 * The value is the field `rfm_story` of `crm.customer`; its compute says the shape.
 */
export class RfmStoryField extends Component {
  static template = "crm_rfm.StoryField";
  static props = {...standardFieldProps};

  get story() {
    return this.props.record.data[this.props.name] || {trend: []};
  }

  /** Prospect, New, Lapsed and Left Out are told; Scored goes without saying. */
  get stateColor() {
    const {state} = this.story;
    return state === "scored" ? "" : (STATE_COLORS[state] ?? "secondary");
  }

  get bars() {
    return this.story.trend.map((month) => ({
      ...month,
      // A month without scores is a stub, not nothing.
      height: Math.max(month.level * 100, 10),
      title: [this.date(month.date), month.name, month.score]
        .filter(Boolean)
        .join(" · "),
    }));
  }

  date(day) {
    return toLocaleDateString(deserializeDate(day));
  }

  get since() {
    const {since} = this.story;
    return since ? _t("since %s", this.date(since)) : "";
  }

  get trendLabel() {
    return _t("Last month ends: %s", this.bars.map(({title}) => title).join("; "));
  }
}

registry.category("fields").add("rfm_story", {
  component: RfmStoryField,
  displayName: _t("RFM segment and trend"),
  supportedTypes: ["json"],
  isEmpty: () => false,
});
