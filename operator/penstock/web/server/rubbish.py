"""How often the process looks through all that it keeps for what is rubbish: while it does, nobody is answered."""

import gc

YOUNG, MIDDLE, OLD = 10_000, 5, 1_000
"""So many objects more, and the youngest are looked through; after so many times of that the next older ones are."""


def rarely() -> None:
    """Lets the objects of a large cluster come and go.

    They are made of JSON, without cycles, so that each goes when nobody has it any more. To look for cycles in a
    million of them takes a fifth of a second, and as Python does it by itself it is done some times for each survey.
    """
    gc.freeze()  # what is imported stays
    gc.set_threshold(YOUNG, MIDDLE, OLD)
