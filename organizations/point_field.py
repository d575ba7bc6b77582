"""A place in a form: two numbers that the keyboard can type, and a map that can set them."""

from typing import Any

from django import forms
from django.contrib.gis.geos import Point
from django.utils.translation import gettext_lazy as _


class MapPickerWidget(forms.MultiWidget):
    """Longitude and latitude inside `<map-picker>`, which adds the map where it can."""

    template_name = "organizations/_map_picker.html"

    class Media:
        js = [forms.Script("js/map-picker.js", type="module")]
        css = {"all": ["vendor/maplibre-gl/maplibre-gl.css", "css/map.css"]}

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        number = {"step": "any", "inputmode": "decimal", **(attrs or {})}
        super().__init__(
            {
                "longitude": forms.NumberInput({**number, "min": -180, "max": 180}),
                "latitude": forms.NumberInput({**number, "min": -90, "max": 90}),
            }
        )

    def decompress(self, value: Point | None) -> list[float | None]:
        return [value.x, value.y] if value else [None, None]


class PointField(forms.MultiValueField):
    """A WGS 84 point [degrees]."""

    widget = MapPickerWidget
    default_error_messages = {"incomplete": _("Give both longitude and latitude.")}

    def __init__(self, **kwargs: Any) -> None:
        # What the admin and model forms pass for geographic fields is not ours to use.
        for name in ("srid", "geom_type"):
            kwargs.pop(name, None)
        fields = (
            forms.FloatField(min_value=-180, max_value=180, label=_("Longitude")),
            forms.FloatField(min_value=-90, max_value=90, label=_("Latitude")),
        )
        super().__init__(fields=fields, **kwargs)

    def compress(self, values: list[float]) -> Point | None:
        return Point(values[0], values[1], srid=4326) if values else None
