"""x"""
import numpy as np
from pullback import elementwise, rule, nondifferentiable
sin = elementwise(np.sin, lambda ct, x: ct * np.cos(x))
cos = elementwise(np.cos, lambda ct, x: -ct * np.sin(x))
exp = elementwise(np.exp, lambda ct, y: ct * y)
tanh = elementwise(np.tanh, lambda ct, y: ct * (1-y*y))
mul = elementwise(np.multiply, lambda ct, b: ct * b, lambda ct, a: ct * a)
add = elementwise(np.add, lambda ct: ct, lambda ct: ct)
sub = elementwise(np.subtract, lambda ct: ct, lambda ct: -ct)
shape = nondifferentiable(np.ndarray.shape, np.ndarray.dtype)
@rule(np.ndarray.sum)
def sum_(a):
    shape = a.shape
    def sum_pullback(ct):
        return np.broadcast_to(ct, shape)
    return a.sum(), sum_pullback
@rule(np.broadcast_to)
def bc(a, shape):
    return np.broadcast_to(a, shape), lambda ct: ct
@rule(__import__("operator").matmul)
def mm(a, b):
    return a @ b, (lambda ct: ct @ b.T, lambda ct: a.T @ ct)
@rule(np.ndarray.T)
def T(a):
    return a.T, lambda ct: ct.T
