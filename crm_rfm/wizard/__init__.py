from . import base_partner_merge
from . import crm_rfm_mailing
from . import crm_rfm_playbook_plan
