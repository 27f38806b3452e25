from . import portal
from . import loyalty_answer
