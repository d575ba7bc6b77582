"""What the forms of all apps share."""

from django import forms
from django.core.exceptions import ValidationError

from turash.errors import DomainError, InvalidInput


def add_errors(form: forms.BaseForm, error: ValidationError | DomainError | InvalidInput) -> None:
    """
    Show what a service refused at the fields concerned, or above the form.

    A form may tell in `constraint_fields` which field a violated constraint belongs to.
    """
    if isinstance(error, DomainError):
        form.add_error(None, error.message)
        return
    if isinstance(error, InvalidInput):
        error = ValidationError(error.errors)
    if hasattr(error, "error_dict"):
        for name, problems in error.error_dict.items():
            form.add_error(name if name in form.fields else None, problems)
        return
    constraint_fields = getattr(form, "constraint_fields", {})
    for problem in error.error_list:
        form.add_error(constraint_fields.get(problem.code), problem)
