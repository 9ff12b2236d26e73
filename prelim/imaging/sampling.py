"""Which of many images are shown."""


def evenly(total: int, most: int) -> list[int]:
    """At most `most` (≥ 2) of `total` places, evenly spread, ascending, the first and the last among them."""
    if total <= most:
        return list(range(total))
    return [(2 * at * (total - 1) + most - 1) // (2 * (most - 1)) for at in range(most)]
