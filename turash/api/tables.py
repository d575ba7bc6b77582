"""Renderers for tables: `?format=csv` and `?format=xlsx`."""

from typing import Any

from rest_framework.renderers import BaseRenderer

from turash.spreadsheets import CSV_TYPE, XLSX_TYPE, Sheet, csv_file, xlsx_file


class TablesRenderer(BaseRenderer):
    """The view's `sheets()` instead of the data; a CSV file holds the last of them."""

    charset = None
    render_style = "binary"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None):
        view, response = renderer_context["view"], renderer_context["response"]
        name = f"{view.file_name}.{self.format}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return self.file(view.sheets())

    def file(self, sheets: list[Sheet]) -> bytes:
        raise NotImplementedError


class CsvRenderer(TablesRenderer):
    media_type = CSV_TYPE
    format = "csv"

    def file(self, sheets: list[Sheet]) -> bytes:
        return csv_file(sheets[-1].rows)


class XlsxRenderer(TablesRenderer):
    media_type = XLSX_TYPE
    format = "xlsx"

    def file(self, sheets: list[Sheet]) -> bytes:
        return xlsx_file(sheets)
