import {registry} from "@web/core/registry";

// A contact buys in the shop, and spends points of the company's card.

/** Steps of Point of Sale, which need not be installed. */
const SHOP = "@point_of_sale/../tests/pos/tours/utils";
const helper = (name) => odoo.loader.modules.get(name);

registry.category("web_tour.tours").add("crm_loyalty_pos_card", {
  steps: () => {
    const Chrome = helper(`${SHOP}/chrome_util`);
    const Dialog = helper("@point_of_sale/../tests/generic_helpers/dialog_util");
    const Screen = helper(`${SHOP}/product_screen_util`);
    const Payment = helper(`${SHOP}/payment_screen_util`);
    const Receipt = helper(`${SHOP}/receipt_screen_util`);
    const Loyalty = helper("@pos_loyalty/../tests/tours/utils/pos_loyalty_util");
    return [
      Chrome.startPoS(),
      Dialog.confirm("Open Register"),
      Screen.addOrderline("Machine", "1"),
      Screen.clickPartnerButton(),
      Screen.clickCustomer("Buyer"),
      Loyalty.claimReward("Ten off"),
      Loyalty.hasRewardLine("Ten off", "-10.00"),
      Loyalty.orderTotalIs("490.00"),
      // The one way to pay is chosen already.
      Screen.clickPayButton(),
      Payment.clickValidate(),
      Receipt.clickNextOrder(),
    ].flat();
  },
});
