from . import loyalty_tier
from . import loyalty_tier_manual
from . import loyalty_tier_change
from . import loyalty_program
from . import crm_customer
from . import crm_customer_tier
