"""What the forms of all apps share."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from turash.errors import DomainError, InvalidInput


def add_errors(form: forms.BaseForm, error: Exception) -> None:
    """Show what a service refused at the fields concerned, or above the form."""
    if isinstance(error, DomainError):
        form.add_error(None, error.message)
        return
    if isinstance(error, InvalidInput):
        error = ValidationError(error.errors)
    assert isinstance(error, ValidationError)
    by_field: dict[str | None, Any] = (
        dict(error.error_dict) if hasattr(error, "error_dict") else {None: error.error_list}
    )
    for name, messages in by_field.items():
        form.add_error(name if name in form.fields else None, messages)
