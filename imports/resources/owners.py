"""Which organization a row belongs to, and the keys by which organizations tell rows apart."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from imports.columns import Column, Key
from imports.resources.base import Context, Row
from organizations.models import Organization

# Of records that organizations import themselves; others name a database.
SOURCE = "import"
LONGEST_ID = 200


class ExternalId(Column):
    """The id that a row has where it comes from: unique in its organization."""

    def get(self, row: Any) -> Any:
        if row.source != SOURCE:
            return ""
        return row.external_id.partition("/")[2]

    def put(self, row: Any, value: Any) -> None:
        """It is kept with the organization's key: `complete_key`."""


def external_id(example: str) -> ExternalId:
    return ExternalId(
        name="external_id",
        longest=LONGEST_ID,
        example=example,
        about=gettext_lazy(
            "Your own id of it; a later file with the same id changes the same row."
        ),
    )


def complete_key(row: Row, wanted: Any, organization_id: UUID) -> None:
    """Set the external id of a row, if the file has one."""
    if "external_id" not in row.cells:
        return
    given = row.values.get("external_id", "")
    if wanted.source not in ("", SOURCE):
        if given:
            row.refuse(
                "external_id",
                _("This record comes from “%s”, which gives its ids; leave the cell empty.")
                % wanted.source,
            )
        return
    wanted.source = SOURCE if given else ""
    wanted.external_id = f"{organization_id}/{given}" if given else ""


class OrganizationColumn(Column):
    """The organization that a row belongs to: its short name; name or id are understood."""

    def get(self, row: Any) -> Any:
        return row.organization.slug


def find_organizations(context: Context, rows: Sequence[Row]) -> dict[int, Organization]:
    """Return the organization of each row by its number; others are refused."""
    texts = {str(row.values["organization"]) for row in rows if "organization" in row.values}
    found = _by_text(context, texts)
    allowed = _allowed(context, {one.pk for ones in found.values() for one in ones})
    result: dict[int, Organization] = {}
    for row in rows:
        text = row.values.get("organization")
        fixed = context.organization
        if text is None:
            if fixed is not None:
                result[row.number] = fixed
            continue
        fitting = found.get(str(text), [])
        if fixed is not None:
            if fixed.pk in {one.pk for one in fitting}:
                result[row.number] = fixed
            else:
                message = _("This import is into “%s” alone; leave the cell empty.") % fixed
                row.refuse("organization", message)
        elif len(fitting) > 1:
            message = _("Several organizations are called “%s”; write the short name of one.")
            row.refuse("organization", message % str(text)[:40])
        elif not fitting or fitting[0].pk not in allowed:
            message = _(
                "There is no organization “%s” whose sites and flows you may edit; write its name "
                "or the short name in its export."
            )
            row.refuse("organization", message % str(text)[:40])
        else:
            result[row.number] = fitting[0]
    return result


def _by_text(context: Context, texts: set[str]) -> dict[str, list[Organization]]:
    if not texts:
        return {}
    keys = {text: key for text in texts if (key := _uuid(text)) is not None}
    wanted = Q(slug__in=texts) | Q(name__in=texts) | Q(pk__in=keys.values())
    found: dict[str, list[Organization]] = defaultdict(list)
    for one in Organization.objects.visible_to(context.actor).filter(wanted):
        names = {one.slug, one.name} | {text for text, key in keys.items() if key == one.pk}
        for text in texts & names:
            found[text].append(one)
    for text, ones in found.items():
        # A short name is one organization's, whatever others are called.
        found[text] = [one for one in ones if one.slug == text] or ones
    return found


def _allowed(context: Context, keys: set[UUID]) -> set[UUID]:
    if context.actor.is_facilitator or not keys:
        return keys
    editable = Organization.objects.editable_by(context.actor).filter(pk__in=keys)
    return set(editable.values_list("pk", flat=True))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def find_stored(
    context: Context,
    rows: Sequence[Row],
    queryset: Any,
    owner_of: dict[int, Organization],
    *,
    naturally: Any,
) -> None:
    """
    Find what is stored of rows: by id, else by the organization's id, else by what names them.

    `naturally(queryset, rows)` yields each row with the stored ones that are named alike.
    """
    if context.writes:
        # What is compared stays so until it is written.
        queryset = queryset.select_for_update(no_key=True, of=("self",))
    by_id = [row for row in rows if not row.errors and "id" in row.values]
    others = [row for row in rows if not row.errors and "id" not in row.values]
    _find_by_id(context, by_id, queryset, owner_of)
    for row in others:
        if row.number not in owner_of:
            row.refuse(
                "organization", _("Name the organization, or choose one for the whole file.")
            )
    placed = [row for row in others if not row.errors]
    by_external = {
        _external_key(row, owner_of): row for row in placed if "external_id" in row.values
    }
    if by_external:
        found = queryset.filter(source=SOURCE, external_id__in=list(by_external))
        known = {one.external_id: one for one in found}
        for row in placed:
            if "external_id" in row.values:
                row.stored = known.get(_external_key(row, owner_of))
    named = [row for row in placed if "external_id" not in row.values]
    for row, fitting in naturally(queryset, named) if named else ():
        if len(fitting) > 1:
            row.refuse("id", _("Several rows are named alike; give the id of the one you mean."))
        elif fitting:
            row.stored = fitting[0]


def _find_by_id(
    context: Context, rows: Sequence[Row], queryset: Any, owner_of: dict[int, Organization]
) -> None:
    if not rows:
        return
    stored = queryset.in_bulk({row.values["id"] for row in rows})
    allowed = _allowed(context, {one.organization_id for one in stored.values()})
    for row in rows:
        one = stored.get(row.values["id"])
        owner = owner_of.get(row.number)
        if (
            one is None
            or one.organization_id not in allowed
            or (owner is not None and owner.pk != one.organization_id)
        ):
            row.refuse(
                "id",
                _("There is no such row that you may change; leave the id empty if it is new."),
            )
        else:
            row.stored = one


def _external_key(row: Row, owner_of: dict[int, Organization]) -> str:
    return f"{owner_of[row.number].pk}/{row.values['external_id']}"


def key_column() -> Key:
    return Key(name="id", attribute="pk", about=gettext_lazy("Which row it is, from an export."))
