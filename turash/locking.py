"""Changing a row that others may be changing, too."""

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.utils.translation import gettext as _

from turash.errors import DomainError


class Gone(DomainError):
    """Somebody else has deleted the object meanwhile."""

    code = "gone"


def lock(instance: models.Model) -> None:
    """
    Bring an object up to date, and keep others from changing its row until the transaction ends.

    A row is written as a whole: without this, what somebody else has written since the object was
    read would be undone.

    :raises Gone: there is no such row any more.
    """
    rows = type(instance)._default_manager.select_for_update(no_key=True)
    try:
        instance.refresh_from_db(from_queryset=rows)
    except ObjectDoesNotExist as error:
        raise Gone(_("Somebody has deleted this meanwhile.")) from error
