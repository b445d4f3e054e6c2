"""Sound answers from few and noisy numbers; knows nothing of releases."""
