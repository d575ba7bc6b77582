"""How bodies of requests are read."""

import io
import math
import re
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import JSONParser as DrfJSONParser

DEEPEST = 16
# A lone surrogate is all that UTF-8 cannot encode.
_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")


class JSONParser(DrfJSONParser):
    """
    JSON that can be stored and answered.

    JSON can write what neither the database nor an answer can hold: the NUL character, halves of
    surrogate pairs, numbers beyond all floats. They are refused here, at their field, so that
    nothing behind needs to think of them.
    """

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """
        Return the body as Python objects.

        :raises ParseError: it is no JSON, or nested too deeply.
        :raises ValidationError: a text or number of it cannot be stored.
        :raises RequestDataTooBig: it is larger than any body needs to be.
        """
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise RequestDataTooBig
        try:
            data = super().parse(io.BytesIO(body), media_type, parser_context)
        except RecursionError:
            _refuse_depth()
        _check(data, path="", depth=0)
        return data


def _check(value: Any, *, path: str, depth: int) -> None:
    if depth > DEEPEST:
        _refuse_depth()
    if isinstance(value, dict):
        for name, inner in value.items():
            _check_text(name, path=path)
            _check(inner, path=f"{path}.{name}" if path else name, depth=depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check(inner, path=f"{path}[{index}]", depth=depth + 1)
    elif isinstance(value, str):
        _check_text(value, path=path)
    elif isinstance(value, float) and not math.isfinite(value):
        _refuse(path, _("This number is too large."))


def _check_text(text: str, *, path: str) -> None:
    if _NOT_STORABLE.search(text):
        _refuse(path, _("This text contains a character that cannot be stored."))


def _refuse(path: str, message: str) -> NoReturn:
    raise ValidationError({path or "non_field_errors": [message]})


def _refuse_depth() -> NoReturn:
    raise ParseError(_("The body is nested too deeply."))
