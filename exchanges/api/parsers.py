"""How CSV bodies are read."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from rest_framework.parsers import BaseParser

from exchanges.csv_reading import LARGEST_FILE


class CsvParser(BaseParser):
    """The body as bytes."""

    media_type = "text/csv"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """
        Return the body.

        :raises RequestDataTooBig: it is larger than any table of months needs to be.
        """
        content = stream.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise RequestDataTooBig
        return content
