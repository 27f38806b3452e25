from . import test_tier
from . import test_tier_property
from . import test_tier_places
from . import test_retention
from . import test_tier_rules
from . import test_behaviour
