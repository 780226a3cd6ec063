"""x"""
import operator
from pullback import elementwise
add = elementwise(operator.add, lambda ct: ct, lambda ct: ct)
sub = elementwise(operator.sub, lambda ct: ct, lambda ct: -ct)
mul = elementwise(operator.mul, lambda ct, b: ct * b, lambda ct, a: ct * a)
truediv = elementwise(operator.truediv, lambda ct, b: ct / b, lambda ct, y, b: -ct * y / b)
neg = elementwise(operator.neg, lambda ct: -ct)
pow = elementwise(operator.pow, lambda ct, a, b: ct * b* a**(b-1), None)
