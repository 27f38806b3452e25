from . import account_invoice_report
from . import crm_customer
from . import customer_sheet
from . import sale_report
from . import account_invoice_report_class
from . import sale_report_class
from . import crm_satisfaction_report
from . import loyalty_tier_report
