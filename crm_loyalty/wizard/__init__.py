from . import sale_order_lost
from . import base_partner_merge
from . import loyalty_card_update_balance
