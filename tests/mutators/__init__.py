"""Ways to spoil a good draft, and harmless rewordings of one. Plain JSON and words in, plain words out.

Nothing here comes from the product: what the verifier knows of words must not decide what it is tried on. A mutation
that leaves the meaning as it was is not made.
"""
