"""What of the map to show."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.utils.translation import gettext as _

from organizations.models import ResourceFlow, ResourceType
from organizations.querysets import ResourceFlowQuerySet
from turash.errors import InvalidInput

LONGEST_CODE = 60


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions on flows, and on the score of matches; empty ones are none."""

    direction: str = ""
    family: str = ""
    resource_type: str = ""
    min_score: float = 0.0

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """
        Read the parameters of a request.

        :raises InvalidInput: one has a value that it cannot have.
        """
        direction, family = query.get("direction", ""), query.get("family", "")
        errors = {}
        if direction not in ("", *ResourceFlow.Direction.values):
            errors["direction"] = [_("Give input or output.")]
        if family not in ("", *ResourceType.Family.values):
            errors["family"] = [_("Give one of: %s.") % ", ".join(ResourceType.Family.values)]
        code = query.get("resource_type", "")
        if len(code) > LONGEST_CODE or "\0" in code:
            errors["resource_type"] = [_("Give the code of a resource type.")]
        score = _score(query.get("min_score", ""))
        if score is None:
            errors["min_score"] = [_("Give a number between 0 and 1.")]
        if errors:
            raise InvalidInput(errors)
        return cls(direction=direction, family=family, resource_type=code, min_score=score or 0.0)

    @classmethod
    def of_form(cls, query: Mapping[str, str]) -> Self:
        """Read the same from the address of a page; what cannot be counts as empty."""
        try:
            return cls.of(query)
        except InvalidInput as error:
            return cls.of({name: text for name, text in query.items() if name not in error.errors})

    @property
    def query(self) -> dict[str, str]:
        """The parameters that it was read from, as far as they are not empty."""
        values = {name: getattr(self, name) for name in ("direction", "family", "resource_type")}
        values["min_score"] = f"{self.min_score:g}" if self.min_score else ""
        return {name: text for name, text in values.items() if text}

    def flows(self, viewer: Any) -> ResourceFlowQuerySet:
        """Active flows that the viewer may see and that are asked for."""
        return self.keep(ResourceFlow.objects.visible_to(viewer).active())

    def keep(self, flows: ResourceFlowQuerySet) -> ResourceFlowQuerySet:
        """Those of some flows that are asked for."""
        if self.direction:
            flows = flows.filter(direction=self.direction)
        types = self.types()
        return flows if types is None else flows.filter(resource_type__in=types)

    def types(self) -> list[int] | None:
        """Keys of the resource types that are asked for; None: all."""
        if not (self.family or self.resource_type):
            return None
        types = ResourceType.objects.all()
        if self.family:
            types = types.filter(family=self.family)
        if self.resource_type:
            types = types.subtree(self.resource_type)
        return list(types.values_list("pk", flat=True))


def _score(text: str) -> float | None:
    try:
        score = float(text or 0)
    except ValueError:
        return None
    return score if 0 <= score <= 1 else None
