"""Addresses of the admin's forms, what they are sent, and what they tell."""

from django.urls import reverse

HUGE = "x" * 100_000


def add_url(model) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")


def change_url(row) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def delete_url(row) -> str:
    return change_url(row).replace("/change/", "/delete/")


def no_rows(prefix: str) -> dict[str, str]:
    """The management form of an empty inline."""
    return {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}


def rows(prefix: str, *values: dict, initial: int = 0) -> dict[str, str]:
    data = {f"{prefix}-TOTAL_FORMS": str(len(values)), f"{prefix}-INITIAL_FORMS": str(initial)}
    for number, row in enumerate(values):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


def errors_of(response) -> dict[str, list[str]]:
    """The fields with errors, of the form and its inlines."""
    assert response.status_code == 200, "saved, or not found"
    errors = dict(response.context["adminform"].form.errors)
    for formset in response.context["inline_admin_formsets"]:
        for form_errors in formset.formset.errors:
            errors |= form_errors
        if formset.formset.non_form_errors():
            errors["__all__"] = list(formset.formset.non_form_errors())
    return errors
