"""Files as bodies of requests."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.parsers import BaseParser

CHUNK_BYTES = 256 * 1024


class Body:
    """What is left of a request, piece by piece."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def chunks(self) -> Iterator[bytes]:
        while chunk := self.stream.read(CHUNK_BYTES):
            yield chunk


class FileParser(BaseParser):
    """A file, which is read when it is wanted."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """
        Return the body, unread.

        :raises RequestDataTooBig: by what it says of its length it is larger than is taken.
        """
        length = (parser_context or {})["request"].META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > settings.IMPORT_LARGEST_BYTES:
            raise RequestDataTooBig
        return Body(stream)


class CsvFileParser(FileParser):
    media_type = "text/csv"


class XlsxFileParser(FileParser):
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class GeoJsonFileParser(FileParser):
    media_type = "application/geo+json"
