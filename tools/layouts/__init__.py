"""Tables of images with known truth, as sites and public collections have them: one file a layout."""
