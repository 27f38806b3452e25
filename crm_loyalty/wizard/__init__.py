from . import sale_order_lost
from . import base_partner_merge
from . import loyalty_card_update_balance
from . import loyalty_liability_period
from . import loyalty_tier_start
