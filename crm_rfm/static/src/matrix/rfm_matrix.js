import {Component, onWillStart, useExternalListener, useState} from "@odoo/owl";
import {deserializeDate, toLocaleDateString} from "@web/core/l10n/dates";
import {ConfirmationDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {GridEditor} from "./grid_editor";
import {Layout} from "@web/search/layout";
import {MoveTable} from "./move_table";
import {SegmentList} from "./segment_list";
import {_t} from "@web/core/l10n/translation";
import {formatCurrency} from "@web/core/currency";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";
import {useSetupAction} from "@web/search/action_hook";

const STEPS = {
  ArrowUp: [1, 0],
  ArrowDown: [-1, 0],
  ArrowRight: [0, 1],
  ArrowLeft: [0, -1],
};

/** Recency by frequency, coloured by segment; managers paint the segments here. */
export class RfmMatrix extends Component {
  static template = "crm_rfm.RfmMatrix";
  static components = {Layout, MoveTable, SegmentList};
  static props = {...standardActionServiceProps};

  setup() {
    this.orm = useService("orm");
    this.action = useService("action");
    this.dialog = useService("dialog");
    this.notification = useService("notification");
    this.display = {controlPanel: {}};
    this.painting = false;
    const params = this.props.action.params || {};
    const kept = this.props.state || {};
    this.setId = "setId" in kept ? kept.setId : params.set_id || false;
    this.state = useState({
      data: {},
      grid: null,
      editing: false,
      amount: 0,
      hover: 0,
      copy: false,
      dryRun: null,
      checked: null,
      busy: false,
    });
    this.openSegment = this.openSegment.bind(this);
    this.hoverSegment = this.hoverSegment.bind(this);
    this.changedGrid = this.changedGrid.bind(this);
    useExternalListener(window, "pointerup", () => {
      this.painting = false;
    });
    useSetupAction({
      getLocalState: () => ({companyId: this.state.data.company_id, setId: this.setId}),
      beforeLeave: () => this.mayLeave(),
    });
    onWillStart(async () => {
      await this.load(kept.companyId);
      if (params.edit && !this.props.state) {
        this.edit();
      }
    });
  }

  async load(companyId = false) {
    const data = await this.orm.call("crm.customer", "get_rfm_matrix", [
      companyId,
      this.setId,
    ]);
    Object.assign(this.state, {
      data,
      grid: new GridEditor(data),
      editing: false,
      dryRun: null,
      amount: 0,
      copy: Boolean(this.othersCount(data)) && data.set.in_use,
    });
  }

  // What is shown

  get grid() {
    return this.state.grid;
  }

  get scoredOn() {
    const {scored_on: day} = this.state.data;
    return day && toLocaleDateString(deserializeDate(day));
  }

  othersCount({set}) {
    return set ? set.others.length + set.others_hidden : 0;
  }

  /** Who else uses the set, in words. */
  get others() {
    const {others, others_hidden: hidden} = this.state.data.set;
    if (!others.length) {
      return hidden === 1 ? _t("one other company") : _t("%s other companies", hidden);
    }
    const names = others.join(", ");
    return hidden ? _t("%(names)s and %(count)s more", {names, count: hidden}) : names;
  }

  money(amount) {
    return formatCurrency(amount, this.state.data.currency_id, {
      digits: [16, 0],
      humanReadable: Math.abs(amount) >= 10000,
    });
  }

  words(letter, score) {
    return this.state.data.words[letter][score] || _t("nobody");
  }

  /** What a place of the matrix shows. */
  cell(r, f) {
    const figure = this.grid.figure(r, f, this.state.amount);
    const parts = this.grid.parts(r, f, this.state.amount);
    const name = parts
      .map(({segment}) => (segment ? segment.name : _t("no segment")))
      .join(", ");
    const scores = `R${r} F${f}${this.state.amount ? ` M${this.state.amount}` : ""}`;
    return {
      ...figure,
      parts,
      name,
      open: parts.some(({segment}) => !segment),
      faded: this.state.hover && !parts.some(({key}) => key === this.state.hover),
      label: _t("%(scores)s: %(name)s, customers: %(customers)s, revenue: %(amount)s", {
        scores,
        name,
        customers: figure.customers,
        amount: formatCurrency(figure.amount, this.state.data.currency_id),
      }),
    };
  }

  hoverSegment(key) {
    this.state.hover = key;
  }

  // Looking

  async open(what) {
    const action = await this.orm.call("crm.customer", "action_open_rfm", [
      this.state.data.company_id,
      what,
    ]);
    return this.action.doAction(action);
  }

  openSegment(key) {
    return this.open({segment_id: key});
  }

  async onCompany(event) {
    const companyId = Number(event.target.value);
    if (await this.mayLeave()) {
      await this.load(companyId);
    } else {
      event.target.value = this.state.data.company_id;
    }
  }

  async score() {
    this.state.busy = true;
    try {
      const {company_id: companyId} = this.state.data;
      const done = await this.orm.call("crm.customer", "action_rfm_score", [companyId]);
      if (!done) {
        this.notification.add(
          _t(
            "All customers are being refreshed and scored. Come back in a few minutes."
          ),
          {type: "info"}
        );
      }
      await this.load(companyId);
    } finally {
      this.state.busy = false;
    }
  }

  // Painting

  edit() {
    if (this.state.data.can_edit) {
      Object.assign(this.state, {editing: true, dryRun: null, hover: 0});
    }
  }

  changedGrid() {
    this.state.dryRun = null;
  }

  paint(r, f) {
    if (this.grid.paint(r, f, this.state.amount)) {
      this.changedGrid();
    }
  }

  onCellDown(event, r, f) {
    // A finger scrolls; it paints with a tap.
    if (this.state.editing && event.pointerType !== "touch" && event.button === 0) {
      this.painting = true;
      this.paint(r, f);
    }
  }

  onCellEnter(r, f) {
    if (this.painting && this.state.editing) {
      this.paint(r, f);
    }
  }

  onCellClick(r, f) {
    if (this.state.editing) {
      this.paint(r, f);
    } else if (this.grid.figure(r, f, this.state.amount).customers) {
      this.open({r, f, ...(this.state.amount ? {m: this.state.amount} : {})});
    }
  }

  /** Arrows go from cell to cell, in the direction they show. */
  onCellKey(event, r, f) {
    const step = STEPS[event.key];
    if (!step) {
      return;
    }
    const rtl = getComputedStyle(event.currentTarget).direction === "rtl";
    const row = r + step[0];
    const column = f + (rtl ? -step[1] : step[1]);
    const target = event.currentTarget
      .closest("table")
      .querySelector(`button[data-cell="${row},${column}"]`);
    if (target) {
      event.preventDefault();
      target.focus();
    }
  }

  undo() {
    this.grid.undo();
    this.changedGrid();
  }

  async discard() {
    await this.load(this.state.data.company_id);
  }

  setCopy(copy) {
    this.state.copy = copy;
  }

  async dryRun() {
    await this.run(async () => {
      const content = this.grid.content;
      this.state.dryRun = await this.orm.call(
        "crm.rfm.segment.set",
        "get_grid_dry_run",
        [[this.state.data.set.id], this.state.data.company_id, ...this.grid.payload]
      );
      this.state.checked = content;
    });
  }

  get saveTitle() {
    return this.canSave ? "" : _t("See first who would move");
  }

  get canSave() {
    return Boolean(this.state.dryRun) && this.state.checked === this.grid.content;
  }

  async save() {
    await this.run(async () => {
      const {set, company_id: companyId} = this.state.data;
      const setId = await this.orm.call("crm.rfm.segment.set", "save_grid", [
        [set.id],
        companyId,
        ...this.grid.payload,
        this.state.copy,
      ]);
      this.setId = setId;
      await this.load(companyId);
      this.notification.add(
        _t("The segments are saved. All customers are scored again in a few minutes."),
        {type: "success"}
      );
    });
  }

  async run(work) {
    this.state.busy = true;
    try {
      await work();
    } finally {
      this.state.busy = false;
    }
  }

  /** Ask before changes are lost. */
  async mayLeave() {
    if (!this.state.editing || !this.grid.changed) {
      return true;
    }
    return new Promise((resolve) => {
      this.dialog.add(
        ConfirmationDialog,
        {
          title: _t("Leave without saving?"),
          body: _t("Your changes of the segments are lost."),
          confirmLabel: _t("Leave"),
          confirm: () => {
            this.state.editing = false;
            resolve(true);
          },
          cancelLabel: _t("Stay"),
          cancel: () => resolve(false),
        },
        {onClose: () => resolve(false)}
      );
    });
  }
}

registry.category("actions").add("crm_rfm.matrix", RfmMatrix);
