"""Documents: text with the places it came from."""
