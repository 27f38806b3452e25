import {Component, onWillStart, useState} from "@odoo/owl";
import {KeepLast} from "@web/core/utils/concurrency";
import {Layout} from "@web/search/layout";
import {_t} from "@web/core/l10n/translation";
import {deserializeDate} from "@web/core/l10n/dates";
import {formatInteger} from "@web/views/fields/formatters";
import {formatWholeAmount} from "@crm_customer360/charts/chart_theme";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";
import {useSetupAction} from "@web/search/action_hook";

const {DateTime} = luxon;
const MODEL = "crm.customer.snapshot";
const STEPS = [1, 3, 12];

/** Who moved from which segment to which between two month ends. */
export class MovementAction extends Component {
  static template = "crm_rfm.MovementAction";
  static components = {Layout};
  static props = {...standardActionServiceProps};

  setup() {
    this.orm = useService("orm");
    this.action = useService("action");
    this.keepLast = new KeepLast();
    this.display = {controlPanel: {}};
    this.steps = STEPS;
    this.state = useState({data: {}, measure: "count"});
    useSetupAction({
      getLocalState: () => ({
        dates: [this.state.data.date_from, this.state.data.date_to],
        measure: this.state.measure,
      }),
    });
    onWillStart(async () => {
      const {dates, measure} = this.props.state || {};
      if (measure) {
        this.state.measure = measure;
      }
      await this.load(...(dates || []));
    });
  }

  async load(dateFrom = false, dateTo = false) {
    this.state.data = await this.keepLast.add(
      this.orm.call(MODEL, "get_rfm_movement", [dateFrom, dateTo])
    );
    this.cells = Object.fromEntries(
      (this.state.data.moves || []).map((move) => [`${move.from} ${move.to}`, move])
    );
  }

  // -- months

  /** A month end as a day: in other calendars it is not the end of a month. */
  monthName(day) {
    const name = deserializeDate(day).toLocaleString(DateTime.DATE_FULL);
    return day === this.state.data.running ? _t("%s, so far", name) : name;
  }

  /** The month end so many months before the second one, if it has scores. */
  before(months) {
    const {data} = this.state;
    const day = deserializeDate(data.date_to)
      .minus({months})
      .endOf("month")
      .toISODate();
    return data.months.includes(day) ? day : false;
  }

  stepName(months) {
    return {1: _t("1 month"), 3: _t("3 months"), 12: _t("12 months")}[months];
  }

  onStep(months) {
    return this.load(this.before(months), this.state.data.date_to);
  }

  onFrom(event) {
    return this.load(event.target.value, this.state.data.date_to);
  }

  onTo(event) {
    return this.load(this.state.data.date_from, event.target.value);
  }

  // -- figures

  cell(from, to) {
    return this.cells[`${from.key} ${to.key}`];
  }

  amount(value) {
    return formatWholeAmount(value, this.state.data.currency_id);
  }

  number(value) {
    return value === null || value === false ? "–" : formatInteger(value);
  }

  figureOf(name, value) {
    return name === "monetary" ? this.amount(value) : this.number(value);
  }

  /** What a cell shows: customers, or what they brought up to the second month end. */
  figure(move) {
    return this.state.measure === "count"
      ? this.number(move.count)
      : this.amount(move.to === "absent" ? move.revenue_from : move.revenue_to);
  }

  title(from, to) {
    const move = this.cell(from, to);
    return _t(
      "%(from)s → %(to)s: customers %(count)s, revenue %(before)s, then %(after)s",
      {
        from: from.name,
        to: to.name,
        count: this.number(move.count),
        before: this.amount(move.revenue_from),
        after: this.amount(move.revenue_to),
      }
    );
  }

  /** The darker, the larger the share of those who stood there before. */
  shade(move) {
    const largest = Math.max(
      ...this.state.data.moves
        .filter(({from}) => from === move.from)
        .map(({count}) => count)
    );
    return 12 + Math.round((33 * move.count) / largest);
  }

  total(place, end) {
    const moves = this.state.data.moves.filter((move) => move[end] === place.key);
    const move = {
      count: 0,
      revenue_from: 0,
      revenue_to: 0,
      to: end === "to" ? place.key : "",
    };
    for (const other of moves) {
      move.count += other.count;
      move.revenue_from += other.revenue_from;
      move.revenue_to += other.revenue_to;
    }
    return move;
  }

  /** `[{place, moves}]` for a narrow screen: from where, and where they are now. */
  get rows() {
    const {from_places: fromPlaces, to_places: toPlaces} = this.state.data;
    return fromPlaces
      .map((place) => ({
        place,
        total: this.total(place, "from"),
        moves: toPlaces
          .filter((to) => this.cell(place, to))
          .map((to) => ({place: to, move: this.cell(place, to)})),
      }))
      .filter(({moves}) => moves.length);
  }

  get columns() {
    return this.state.data.to_places.filter((place) =>
      this.state.data.moves.some(({to}) => to === place.key)
    );
  }

  arrow(direction) {
    return {up: "fa-arrow-up text-success", down: "fa-arrow-down text-danger"}[
      direction
    ];
  }

  directionName(direction) {
    return {up: _t("Up"), down: _t("Down")}[direction];
  }

  // -- customers

  async open(from = null, to = null) {
    const {date_from: dateFrom, date_to: dateTo} = this.state.data;
    return this.action.doAction(
      await this.orm.call(MODEL, "action_open_rfm_move", [dateFrom, dateTo, from, to])
    );
  }

  async openCustomer(partnerId) {
    return this.action.doAction(
      await this.orm.call("res.partner", "action_open_partner_360", [[partnerId]])
    );
  }

  openChanges() {
    return this.action.doAction("crm_rfm.crm_rfm_movement_action");
  }
}

registry.category("actions").add("crm_rfm.movement", MovementAction);
