"""The ground every room stands on: types, errors, settings, knowledge, imaging, models."""
