"""Writes of drafts: what was begun in a form outlives the tab, the network and the session."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from organizations.models import Draft, User
from turash.errors import DomainError

# Of one person; the oldest goes when another one is begun.
MOST_DRAFTS = 20
KEPT = timedelta(days=90)


class ChangedElsewhere(DomainError):
    """Another tab has saved the draft, or ended it; `draft` is what there is now."""

    code = "draft_changed_elsewhere"

    def __init__(self, draft: Draft | None) -> None:
        super().__init__(_("This form was changed in another tab."))
        self.draft = draft


@transaction.atomic
def save_draft(*, actor: User, form: str, body: str, based_on: UUID | None) -> Draft:
    """
    Keep what a form holds now; `based_on` is the version that the tab knows, None: of none.

    :raises ValidationError: it is too long, or no such form can be.
    :raises ChangedElsewhere: there is another version than that.
    """
    draft = Draft(user=actor, form=form, body=body, version=uuid4(), saved_at=timezone.now())
    draft.full_clean(exclude=["user"], validate_unique=False, validate_constraints=False)
    drafts = Draft.objects.filter(user=actor, form=form)
    if based_on is None:
        try:
            with transaction.atomic():
                draft.save()
        except IntegrityError as error:
            raise ChangedElsewhere(drafts.first()) from error
        _forget_oldest(actor)
        return draft
    changes = {"body": draft.body, "version": draft.version, "saved_at": draft.saved_at}
    if not drafts.filter(version=based_on).update(**changes):
        raise ChangedElsewhere(drafts.first())
    return draft


def drop_draft(*, actor: User, form: str) -> None:
    """Forget a draft: it was sent, or thrown away."""
    Draft.objects.filter(user=actor, form=form).delete()


def drop_old_drafts(*, now: datetime) -> int:
    """Forget what nobody has gone on with for 90 days; returns how many."""
    return Draft.objects.filter(saved_at__lt=now - KEPT).delete()[0]


def _forget_oldest(actor: User) -> None:
    kept = Draft.objects.filter(user=actor).values_list("pk", flat=True)[:MOST_DRAFTS]
    Draft.objects.filter(user=actor).exclude(pk__in=list(kept)).delete()
