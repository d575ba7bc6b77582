"""How much of each object is told: `fields` tells less of it, `expand` more."""

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import SAFE_METHODS

# Told whatever is asked for: what an object is found by.
ALWAYS = "id"


class ExpandedField(serializers.Field):
    """Objects that a row names by their ids, whole; each is told as at its own address."""

    def __init__(self, told_by: Mapping[str, type[serializers.BaseSerializer]]) -> None:
        super().__init__(source="*", read_only=True)
        self.told_by = told_by
        self._told: dict[tuple[str, Any], Any] = {}

    def to_representation(self, row: Any) -> dict[str, Any]:
        return {name: self._tell(name, getattr(row, name)) for name in self.told_by}

    def _tell(self, name: str, found: Any) -> Any:
        # Many rows of a list name the same.
        if (name, found.pk) not in self._told:
            serializer = self.told_by[name](found, context=self.context)
            self._told[name, found.pk] = serializer.data
        return self._told[name, found.pk]


class ShapedMixin:
    """
    A view that honours `fields` and `expand` when it is read.

    `expansions` maps what can be expanded to its serializer; the view's QuerySet reads it with the
    rows.
    """

    request: Any
    expansions: Mapping[str, type[serializers.BaseSerializer]] = {}
    # Off while something else needs an object as it is told to who asks for nothing special.
    shapes = True

    @property
    def is_shaped(self) -> bool:
        asked = self.request.query_params
        return self.shapes and bool(asked.get("fields") or asked.get("expand"))

    def expanded(self) -> list[str]:
        """Return what the caller wants to have expanded."""
        if self.request.method not in SAFE_METHODS or not self.shapes:
            return []
        return _chosen(self.request, "expand", self.expansions) or []

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        serializer = super().get_serializer(*args, **kwargs)  # type: ignore[misc]
        if args and self.shapes and self.request.method in SAFE_METHODS:
            self.shape(getattr(serializer, "child", serializer))
        return serializer

    def shape(self, serializer: Any) -> None:
        """Let a serializer tell what the caller asks for."""
        names = [name for name, field in serializer.fields.items() if not field.write_only]
        wanted = _chosen(self.request, "fields", names)
        if wanted is not None:
            kept = {ALWAYS, *wanted, *self.needed_fields()}
            for name in set(names) - kept:
                serializer.fields.pop(name)
        expanded = self.expanded()
        if expanded:
            told_by = {name: self.expansions[name] for name in expanded}
            serializer.fields["expanded"] = ExpandedField(told_by)

    def needed_fields(self) -> Collection[str]:
        """Return what the format of the answer cannot do without."""
        place = getattr(self.request.accepted_renderer, "place", None)
        return [place] if place else []


def _chosen(request: Any, parameter: str, names: Collection[str]) -> list[str] | None:
    """
    Return the names that a parameter lists, each once; None where it is missing.

    :raises ValidationError: it names what there is not.
    """
    text = request.query_params.get(parameter)
    if not text:
        return None
    given = dict.fromkeys(name.strip() for name in text.split(","))
    unknown = [name for name in given if name not in names]
    if unknown:
        raise ValidationError(
            {
                parameter: _("There is no “%(name)s” here; choose from: %(names)s.")
                % {"name": unknown[0][:60], "names": ", ".join(names)}
            }
        )
    return list(given)
