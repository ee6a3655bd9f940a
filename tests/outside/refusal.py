"""How a reader refuses."""


class Refusal(Exception):
    """The class of the first table in spec/package-v1.md, and what is wrong."""

    def __init__(self, name, what):
        super().__init__(f"{name}: {what}")
        self.name = name


def check(condition, name, what):
    if not condition:
        raise Refusal(name, what)
