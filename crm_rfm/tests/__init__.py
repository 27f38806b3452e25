from . import test_access
from . import test_inputs
from . import test_movement
from . import test_reports
from . import test_scheme
from . import test_scoring
from . import test_scoring_property
from . import test_segments
