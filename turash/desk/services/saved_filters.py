"""Writes of saved filters."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from turash.desk.models import MOST_FILTERS, SavedFilter
from turash.errors import DomainError


class TooManyFilters(DomainError):
    """One has as many for this list as there can be."""

    code = "too_many_filters"


class NameIsTaken(DomainError):
    """One has a filter of this name for this list already."""

    code = "name_is_taken"


@transaction.atomic
def save_filter(
    *, user: Any, listed: str, name: str, query: str, is_shared: bool = False
) -> SavedFilter:
    """
    Keep a filter of a list under a name; the caller has seen that the list understands it.

    :raises PermissionDenied: the user only reads.
    :raises NameIsTaken: the user has one of this name.
    :raises TooManyFilters: the user has as many as there can be.
    :raises ValidationError: the name is empty or too long, or the filter is.
    """
    if user.only_reads:
        raise PermissionDenied(_("Your role reads only."))
    # One after the other, so that two at once do not take the same place.
    get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)
    own = SavedFilter.objects.filter(user=user, listed=listed)
    if own.filter(name__iexact=name.strip()).exists():
        raise NameIsTaken(_("You have a filter of this name already."))
    free = set(range(MOST_FILTERS)) - set(own.values_list("place", flat=True))
    if not free:
        text = _("You have %d filters for this list: delete one first.")
        raise TooManyFilters(text % MOST_FILTERS)
    saved = SavedFilter(
        user=user, listed=listed, name=name.strip(), query=query, is_shared=is_shared,
        place=min(free),
    )  # fmt: skip
    saved.full_clean(validate_constraints=False)
    saved.save(force_insert=True)
    return saved


@transaction.atomic
def delete_filter(*, user: Any, filter_id: int) -> None:
    """
    Forget a filter.

    :raises PermissionDenied: the user only reads.
    :raises SavedFilter.DoesNotExist: there is none, or it is not the user's to delete.
    """
    if user.only_reads:
        raise PermissionDenied(_("Your role reads only."))
    SavedFilter.objects.deletable_by(user).get(pk=filter_id).delete()
