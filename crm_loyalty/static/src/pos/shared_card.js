import {ConnectionLostError} from "@web/core/network/rpc";
import {PosStore} from "@point_of_sale/app/services/pos_store";
import {patch} from "@web/core/utils/patch";

/** Contacts of one company use its card of a program with tiers, in the shop, too. */
function shareCards() {
  patch(PosStore.prototype, {
    async fetchLoyaltyCard(programId, partnerId) {
      let holderId = partnerId;
      try {
        holderId = await this.data.call("loyalty.card", "get_card_holder", [
          programId,
          partnerId,
        ]);
        if (!this.models["res.partner"].get(holderId)) {
          await this.data.read("res.partner", [holderId]);
        }
      } catch (error) {
        // Without a connection there is no other card to be found either.
        if (!(error instanceof ConnectionLostError)) {
          throw error;
        }
        holderId = partnerId;
      }
      return super.fetchLoyaltyCard(programId, holderId);
    },
  });
}

// Loyalty in Point of Sale may not be installed, and where it is, it comes after us: so
// there is nothing to import, and nothing to patch before it has started.
const NATIVE = "@pos_loyalty/app/services/pos_store";
if (odoo.loader.modules.has(NATIVE)) {
  shareCards();
} else {
  odoo.loader.bus.addEventListener("module-started", ({detail}) => {
    if (detail.moduleName === NATIVE) {
      shareCards();
    }
  });
}
