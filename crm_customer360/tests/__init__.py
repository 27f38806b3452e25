from . import test_revenue
from . import test_sale_cost
from . import test_concurrency
