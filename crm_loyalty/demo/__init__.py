from . import crm_customer_demo
