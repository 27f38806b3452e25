# Run by bin/test in Odoo's shell: the company, products and users that all classes of
# tests begin with.
from odoo.addons.crm_customer360.tests.common import CustomerCommon

CustomerCommon.keep()
