"""The class page, put together."""


def class_page(*args: object) -> object:
    return args
