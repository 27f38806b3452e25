from odoo.tests import tagged

from odoo.addons.crm_customer360.tests.common import CustomerCommon
from odoo.addons.crm_customer360.tests.translation_common import TranslationFilesMixin


@tagged("post_install", "-at_install")
class TestTranslationFiles(TranslationFilesMixin, CustomerCommon):
    module = "crm_loyalty"
