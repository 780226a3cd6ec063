"""Every rule of NumPy's functions against JAX: the same gradients from independent formulas."""
