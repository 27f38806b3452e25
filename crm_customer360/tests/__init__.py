from . import test_sale_cost
