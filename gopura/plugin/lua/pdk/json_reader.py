"""JSON as `cjson` reads it, for texts that others refuse: what is wrong in its words, and what it lets pass.

It takes control characters within strings, `nan` and `infinity`; https://github.com/openresty/lua-cjson says the rest.
"""

from __future__ import annotations

import math
from typing import Any

_MARKS = {
    "{": "T_OBJ_BEGIN", "}": "T_OBJ_END", "[": "T_ARR_BEGIN", "]": "T_ARR_END", ":": "T_COLON", ",": "T_COMMA",
}  # fmt: skip
_WORDS = {"true": ("T_BOOLEAN", True), "false": ("T_BOOLEAN", False), "null": ("T_NULL", None)}
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_DEPTH = 400
_Token = tuple[str, int, Any]
"""Its kind, where it begins, and its value; an error's kind is what is wrong."""


class JsonError(ValueError):
    """A text that is no JSON, in the words of `cjson`."""


def read(text: str) -> Any:
    """The value; JsonError when there is none."""
    return _Reader(text).document()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def document(self) -> Any:
        value = self._value(self._token(), 0)
        self._expect(self._token(), "T_END", "the end")
        return value

    def _value(self, token: _Token, depth: int) -> Any:
        kind, at, value = token
        if depth > _DEPTH:
            raise JsonError(f"Found too many nested data structures ({depth}) at character {at + 1}")
        if kind == "T_OBJ_BEGIN":
            return self._object(depth)
        if kind == "T_ARR_BEGIN":
            return self._array(depth)
        if kind not in ("T_STRING", "T_NUMBER", "T_BOOLEAN", "T_NULL"):
            self._expect(token, "", "value")
        return value

    def _object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        token = self._token()
        while token[0] != "T_OBJ_END":
            self._expect(token, "T_STRING", "object key string")
            self._expect(self._token(), "T_COLON", "colon")
            found[token[2]] = self._value(self._token(), depth + 1)
            token = self._token()
            if token[0] != "T_OBJ_END":
                self._expect(token, "T_COMMA", "comma or object end")
                token = self._token()
                if token[0] == "T_OBJ_END":
                    self._expect(token, "T_STRING", "object key string")
        return found

    def _array(self, depth: int) -> list[Any]:
        found: list[Any] = []
        token = self._token()
        while token[0] != "T_ARR_END":
            found.append(self._value(token, depth + 1))
            token = self._token()
            if token[0] != "T_ARR_END":
                self._expect(token, "T_COMMA", "comma or array end")
                token = self._token()
                if token[0] == "T_ARR_END":
                    self._expect(token, "", "value")
        return found

    @staticmethod
    def _expect(token: _Token, kind: str, expected: str) -> None:
        if token[0] != kind:
            raise JsonError(f"Expected {expected} but found {token[0]} at character {token[1] + 1}")

    def _token(self) -> _Token:
        text = self._text
        while text[self._at : self._at + 1] in (" ", "\t", "\n", "\r"):
            self._at += 1
        at, mark = self._at, text[self._at : self._at + 1]
        if not mark:
            return "T_END", at, None
        if kind := _MARKS.get(mark):
            self._at += 1
            return kind, at, None
        if mark == '"':
            return self._string(at)
        for word, (kind, value) in _WORDS.items():
            if text.startswith(word, at):
                self._at += len(word)
                return kind, at, value
        return self._number(at)

    def _number(self, at: int) -> _Token:
        end = at
        while self._text[end : end + 1].isalnum() or self._text[end : end + 1] in ("+", "-", "."):
            end += 1
        word = self._text[at:end]
        kind = "invalid number" if word[:1] == "-" or word[:1].isdigit() else "invalid token"
        try:
            value = float(int(word, 16)) if "x" in word.lower() else float(word)
        except ValueError:
            return kind, at, None
        self._at = end
        return "T_NUMBER", at, int(value) if math.isfinite(value) and value.is_integer() else value

    def _string(self, begin: int) -> _Token:
        text, at, parts = self._text, begin + 1, []
        while (mark := text[at : at + 1]) != '"':
            if not mark:
                return "unexpected end of string", at, None
            if mark != "\\":
                parts.append(mark)
                at += 1
                continue
            code = text[at + 1 : at + 2]
            if code == "u":
                digits = text[at + 2 : at + 6]
                if len(digits) != 4 or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
                    return "invalid unicode escape code", at, None
                parts.append(chr(int(digits, 16)))
                at += 6
            elif code in _ESCAPES and code:
                parts.append(_ESCAPES[code])
                at += 2
            else:
                return "invalid escape code", at, None
        self._at = at + 1
        whole = "".join(parts)
        return "T_STRING", begin, whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
