"""Is what was decided still right? Realised loss, calibration, drift, and the figures the business named."""
