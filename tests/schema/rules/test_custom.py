from typing import Annotated

from pydantic import BaseModel, ValidationError

from gopura.schema import Custom
from tests.schema.refusals import refused

Even = Annotated[int, Custom(lambda number: "odd" if number % 2 else None)]


def test_words_of_the_function() -> None:
    assert refused(Even, 2) is None
    assert refused(Even, 3) == "odd"


def test_kind_comes_first() -> None:
    assert refused(Even, "x") == "expected an integer"


def test_works_in_any_pydantic_model() -> None:
    class Pair(BaseModel):
        left: Even

    assert Pair(left=4).left == 4
    try:
        Pair(left=5)
    except ValidationError as error:
        assert error.errors()[0]["msg"] == "odd"
