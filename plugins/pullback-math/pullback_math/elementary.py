"""x"""
import math
from pullback import elementwise, primitive
cos = primitive(math.cos)
sin = primitive(math.sin)
s = elementwise(math.sin, lambda ct, x: ct * cos(x))
c = elementwise(math.cos, lambda ct, x: -ct * sin(x))
e = elementwise(math.exp, lambda ct, y: ct * y)
