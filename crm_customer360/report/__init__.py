from . import crm_customer
from . import account_invoice_report
from . import customer_sheet
from . import customer_sheet_document
from . import sale_report
