import {Component, onWillStart, useState} from "@odoo/owl";
import {
  formatCompactAmount,
  formatShare,
  isolate,
} from "@crm_customer360/charts/chart_theme";
import {KeepLast} from "@web/core/utils/concurrency";
import {Layout} from "@web/search/layout";
import {RetentionCurve} from "./retention_curve";
import {_t} from "@web/core/l10n/translation";
import {downloadFile} from "@web/core/network/download";
import {formatInteger} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";
import {useSetupAction} from "@web/search/action_hook";

const MODEL = "crm.customer";
const GROUPS = ["segment", "tier", "user"];
const MEASURES = ["share", "count", "amount", "amount_share"];

/** How many customers stay: rates, cohorts by first purchase, and their curve. */
export class RetentionAction extends Component {
  static template = "crm_loyalty.RetentionAction";
  static components = {Layout, RetentionCurve};
  static props = {...standardActionServiceProps};

  setup() {
    this.orm = useService("orm");
    this.action = useService("action");
    this.keepLast = new KeepLast();
    this.display = {controlPanel: {}};
    this.state = useState({
      data: {},
      companyId: false,
      unit: "quarter",
      filters: {},
      measure: "share",
      group: "segment",
    });
    useSetupAction({
      getLocalState: () => {
        const {companyId, unit, filters, measure, group} = this.state;
        return {companyId, unit, filters: {...filters}, measure, group};
      },
    });
    onWillStart(() => {
      Object.assign(this.state, this.props.state);
      return this.load();
    });
  }

  async load() {
    const {companyId, unit, filters} = this.state;
    this.state.data = await this.keepLast.add(
      this.orm.call(MODEL, "get_retention", [companyId, unit, {...filters}])
    );
  }

  change(values) {
    Object.assign(this.state, values);
    return this.load();
  }

  onCompany(event) {
    return this.change({companyId: Number(event.target.value), filters: {}});
  }

  onFilter(group, event) {
    return this.change({
      filters: {...this.state.filters, [group]: Number(event.target.value)},
    });
  }

  // -- words

  get units() {
    return [
      ["quarter", _t("Quarters")],
      ["year", _t("Years")],
    ];
  }

  get measures() {
    const labels = {
      share: _t("Share of cohort"),
      count: _t("Customers"),
      amount: _t("Revenue"),
      amount_share: _t("Revenue kept"),
    };
    return MEASURES.map((name) => [name, labels[name]]);
  }

  get groups() {
    const labels = {
      segment: _t("Segment"),
      tier: _t("Tier"),
      user: _t("Salesperson"),
    };
    return GROUPS.map((name) => [name, labels[name]]);
  }

  get filterLabels() {
    return {
      segment: _t("All segments"),
      tier: _t("All tiers"),
      user: _t("All salespeople"),
    };
  }

  get measureHint() {
    return {
      share: _t("Share of the cohort that bought in the period."),
      count: _t("Customers of the cohort who bought in the period."),
      amount: _t("What the cohort bought in the period, untaxed, less credit notes."),
      amount_share: _t(
        "What the cohort bought in the period, as a share of what it bought in its first."
      ),
    }[this.state.measure];
  }

  get columns() {
    return Math.max(0, ...this.state.data.rows.map(({cells}) => cells.length));
  }

  // -- figures

  number(value) {
    return isolate(formatInteger(value));
  }

  share(divided, divisor) {
    return divisor ? formatShare(divided / divisor) : "–";
  }

  /** The rates of a group, or of all. */
  rates({previous, kept, lost, buyers, repeat}) {
    return [
      {
        name: "kept",
        label: _t("Retention"),
        value: this.share(kept, previous),
        of: _t("%(count)s of %(all)s customers of the previous window bought again", {
          count: this.number(kept),
          all: this.number(previous),
        }),
        count: kept,
        all: previous,
      },
      {
        name: "lost",
        label: _t("Churn"),
        value: this.share(lost, previous),
        of: _t("%(count)s of %(all)s customers of the previous window did not", {
          count: this.number(lost),
          all: this.number(previous),
        }),
        count: lost,
        all: previous,
      },
      {
        name: "repeat",
        label: _t("Repeat rate"),
        value: this.share(repeat, buyers),
        of: _t("%(count)s of %(all)s who ever bought did so twice or more", {
          count: this.number(repeat),
          all: this.number(buyers),
        }),
        count: repeat,
        all: buyers,
      },
    ];
  }

  figure(cell) {
    const {measure, data} = this.state;
    if (measure === "count") {
      return this.number(cell.count);
    }
    if (measure === "amount") {
      return formatCompactAmount(cell.amount, data.currency_id);
    }
    return cell[measure] === null ? "–" : formatShare(cell[measure]);
  }

  /** The darker, the larger the share that was kept. */
  shade(cell) {
    const money = ["amount", "amount_share"].includes(this.state.measure);
    const share = money ? cell.amount_share || 0 : cell.share;
    return Math.round(50 * Math.max(0, Math.min(1, share)));
  }

  title(row, cell) {
    return _t(
      "First bought in %(cohort)s; in %(period)s %(count)s of %(size)s customers bought, for %(amount)s",
      {
        cohort: row.name,
        period: cell.name,
        count: this.number(cell.count),
        size: this.number(row.size),
        amount: formatCompactAmount(cell.amount, this.state.data.currency_id),
      }
    );
  }

  // -- actions

  async open(...place) {
    const [kind, ...rest] = place;
    const parts = [kind, this.state.data.company_id, ...rest];
    return this.action.doAction(
      await this.orm.call(MODEL, "action_open_retention", [
        parts.join(":"),
        {...this.state.data.filters},
      ])
    );
  }

  openRate(figure, group = "", id = 0) {
    const basis = group ? this.state.data.groups[group].basis : "today";
    return this.open("rate", figure, group, id, basis);
  }

  openCell(row, cell) {
    const {unit} = this.state.data;
    return this.open("cohort", unit, row.cohort, cell ? cell.since : "");
  }

  /** The table as it is shown, for a spreadsheet; amounts and shares as numbers. */
  export() {
    const {rows} = this.state.data;
    const {measure} = this.state;
    const columns = [...Array(this.columns).keys()];
    const header = [_t("First purchase"), _t("Customers"), ...columns];
    const lines = rows.map((row) => [
      row.name,
      row.size,
      ...columns.map((since) => row.cells[since]?.[measure] ?? ""),
    ]);
    const text = [header, ...lines]
      .map((line) => line.map((value) => `"${value}"`).join(","))
      .join("\r\n");
    // The mark tells spreadsheets that it is UTF-8.
    downloadFile(`\uFEFF${text}`, `cohorts_${measure}.csv`, "text/csv;charset=utf-8");
  }
}

registry.category("actions").add("crm_loyalty.retention", RetentionAction);
