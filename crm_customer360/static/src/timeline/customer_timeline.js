import {Component, useEffect, useState} from "@odoo/owl";
import {deserializeDate, toLocaleDateString} from "@web/core/l10n/dates";
import {KeepLast} from "@web/core/utils/concurrency";
import {_t} from "@web/core/l10n/translation";
import {formatCurrency} from "@web/core/currency";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {useService} from "@web/core/utils/hooks";

const MODEL = "crm.customer.event";
const PAGE = 20;
// Of what is to come only the next: a weekly meeting would bury all the rest.
const NEXT = 3;
/**
 * How a kind of event looks: `{icon, color}`, an icon of Font Awesome and a colour of
 * Bootstrap's theme. Addons that add a kind add it here; without, it has a grey dot.
 */
export const eventKinds = registry.category("customer_event_kinds");
const KINDS = {
  quotation: ["fa-file-text-o", "info"],
  order: ["fa-shopping-cart", "primary"],
  invoice: ["fa-file-text", "primary"],
  credit_note: ["fa-undo", "danger"],
  payment: ["fa-money", "success"],
  payment_in_hand: ["fa-hourglass-half", "success"],
  meeting: ["fa-calendar", "warning"],
  opportunity: ["fa-lightbulb-o", "info"],
  won: ["fa-trophy", "success"],
  lost: ["fa-thumbs-down", "danger"],
  rating: ["fa-star", "warning"],
  activity: ["fa-check", "secondary"],
};
for (const [kind, [icon, color]] of Object.entries(KINDS)) {
  eventKinds.add(kind, {icon, color});
}

const STATE_COLORS = {
  planned: "info",
  not_paid: "warning",
  partial: "warning",
  blocked: "danger",
  cancel: "danger",
  paid: "success",
  in_payment: "success",
};

/**
 * What happened with the customer, the latest first, by month.
 *
 * Loaded when it is shown, not with the form: a page opened for its figures does not
 * wait for it.
 */
export class CustomerTimeline extends Component {
  static template = "crm_customer360.CustomerTimeline";
  static props = {...standardWidgetProps};

  setup() {
    this.orm = useService("orm");
    this.action = useService("action");
    this.field = useService("field");
    this.keepLast = new KeepLast();
    this.labels = {kind: {}, state: {}};
    this.state = useState({
      ready: false,
      loading: false,
      kinds: [],
      chosen: [],
      planned: [],
      plannedLimit: NEXT,
      plannedMore: false,
      events: [],
      more: false,
    });
    useEffect(
      () => {
        Object.assign(this.state, {chosen: [], plannedLimit: NEXT});
        this.reload();
      },
      // The row is refreshed on opening and by hand: so is what stands beside it.
      () => [this.props.record.resId, this.props.record.data.refreshed_at?.ts]
    );
  }

  get total() {
    return this.state.kinds.reduce((total, {count}) => total + count, 0);
  }

  /** `[{title, events}]`, what is to come first, then month by month. */
  get sections() {
    const sections = [];
    if (this.state.planned.length) {
      sections.push({
        title: _t("To come"),
        events: this.state.planned,
        more: this.state.plannedMore,
      });
    }
    for (const event of this.state.events) {
      if (sections.at(-1)?.title !== event.month) {
        sections.push({title: event.month, events: []});
      }
      sections.at(-1).events.push(event);
    }
    return sections;
  }

  async reload() {
    if (!this.props.record.resId) {
      Object.assign(this.state, {ready: true, kinds: [], planned: [], events: []});
      return;
    }
    this.state.loading = true;
    const limit = this.state.plannedLimit;
    const [labels, {kinds, planned, events}] = await this.keepLast.add(
      Promise.all([
        this.field.loadFields(MODEL, {fieldNames: ["kind", "state"]}),
        this.read({planned: limit + 1}),
      ])
    );
    for (const name of ["kind", "state"]) {
      this.labels[name] = Object.fromEntries(labels[name].selection);
    }
    Object.assign(this.state, {
      ready: true,
      loading: false,
      kinds: Object.keys(this.labels.kind)
        .filter((kind) => kind in kinds)
        .map((kind) => ({kind, count: kinds[kind]})),
      planned: planned.slice(0, limit).map((event) => this.shown(event)),
      plannedMore: planned.length > limit,
      events: [],
    });
    this.append(events);
  }

  /**
   * Read all that is shown in one go: a part of it takes as long. One event more than a
   * page: whether there is more is known without counting.
   */
  read(options) {
    return this.orm.call(MODEL, "get_timeline", [this.props.record.resId], {
      // Not the reactive array itself, which is watched.
      kinds: [...this.state.chosen],
      limit: PAGE + 1,
      ...options,
    });
  }

  append(page) {
    this.state.more = page.length > PAGE;
    this.state.events.push(...page.slice(0, PAGE).map((event) => this.shown(event)));
  }

  /** What is shown of an event. */
  shown({id, kind, name, day, amount, currency_id, state, rating, user_id}) {
    const date = deserializeDate(day);
    const count = Math.round(rating);
    return {
      id,
      kind: this.labels.kind[kind] ?? kind,
      ...this.look(kind),
      name: name || this.labels.kind[kind],
      // In the reader's calendar, as the days below it.
      month: date.toLocaleString({month: "long", year: "numeric"}),
      day: toLocaleDateString(date),
      amount: amount ? formatCurrency(amount, currency_id) : "",
      negative: amount < 0,
      state: state && {
        label: this.labels.state[state] ?? state,
        color: STATE_COLORS[state] ?? "secondary",
      },
      rating: rating && {
        stars: "★".repeat(count) + "☆".repeat(5 - count),
        label: _t("%s of 5", count),
      },
      user: user_id,
    };
  }

  look(kind) {
    return eventKinds.get(kind, {icon: "fa-circle", color: "secondary"});
  }

  label(kind) {
    return this.labels.kind[kind] ?? kind;
  }

  async onClickKind(kind) {
    const {chosen} = this.state;
    if (!kind) {
      this.state.chosen = [];
    } else if (chosen.includes(kind)) {
      this.state.chosen = chosen.filter((other) => other !== kind);
    } else {
      this.state.chosen = [...chosen, kind];
    }
    await this.reload();
  }

  async onClickPlanned() {
    this.state.plannedLimit = 100;
    await this.reload();
  }

  async onClickMore() {
    this.state.loading = true;
    const offset = this.state.events.length;
    const {events} = await this.keepLast.add(this.read({planned: 0, offset}));
    this.append(events);
    this.state.loading = false;
  }

  async onClickEvent({id}) {
    this.action.doAction(await this.orm.call(MODEL, "action_open_document", [[id]]));
  }
}

export const customerTimeline = {
  component: CustomerTimeline,
  fieldDependencies: [{name: "refreshed_at", type: "datetime"}],
};

registry.category("view_widgets").add("customer_timeline", customerTimeline);
