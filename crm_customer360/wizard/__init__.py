from . import base_partner_merge
from . import crm_customer_hold
from . import privacy_lookup_wizard
