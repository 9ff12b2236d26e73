READ: dict[tuple[str, str], str] = {}
