"""Texts that a database can keep: UTF-8, without NUL."""


def text_problem(text: str) -> str | None:
    """Why no database can keep a text; None when it can."""
    if "\0" in text:
        return "must not contain a NUL character"
    try:
        text.encode()
    except UnicodeEncodeError as error:
        position = len(text[: error.start].encode()) + 1
        return f"invalid utf-8 character sequence detected at position {position}"
    return None
