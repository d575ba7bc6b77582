"""Forms that keep what was begun: what a draft holds is shown again, until it is sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict

from organizations.models import Draft


class Drafting:
    """What a page tells of the draft of its form; `restored` is None where there was none."""

    def __init__(self, key: str, draft: Draft | None, *, restored: bool) -> None:
        self.key = key
        self.version = draft.version if draft else ""
        self.restored = draft if draft and restored else None


def draft_of(request: HttpRequest, key: str, *, changed_at: datetime | None = None) -> Draft | None:
    """Return the draft of the person who asks; one from before the row changed tells old things."""
    draft = Draft.objects.filter(user=request.user.pk, form=key).first()
    return None if draft and changed_at and draft.saved_at < changed_at else draft


def content(draft: Draft) -> QueryDict:
    """The fields of a draft, as if they had been sent."""
    return QueryDict(draft.body)


def offer(
    request: HttpRequest,
    form: forms.BaseForm,
    key: str,
    *,
    changed_at: datetime | None = None,
    only_of: Mapping[str, str] | None = None,
) -> None:
    """
    Fill in an unsent form what its draft holds, without judging it, and tell the page.

    :param changed_at: when the row that the form is about was changed last.
    :param only_of: what the draft must say in some fields, so that it is of this very form.
    """
    draft = draft_of(request, key, changed_at=changed_at)
    data = content(draft) if draft else QueryDict()
    fits = all(data.get(name) == value for name, value in (only_of or {}).items())
    restores = draft is not None and fits and not form.is_bound
    if restores:
        fill(form, data)
    setattr(form, "drafting", Drafting(key, draft, restored=restores))  # noqa: B010


def fill(form: forms.BaseForm, data: QueryDict) -> None:
    """Let a form begin with what was typed, right or wrong."""
    files: MultiValueDict[str, Any] = MultiValueDict()
    for name, field in form.fields.items():
        widget = field.widget
        if widget.value_omitted_from_data(data, files, form.add_prefix(name)):
            continue
        form.initial[name] = widget.value_from_datadict(data, files, form.add_prefix(name))
