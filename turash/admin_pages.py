"""Pages of one row beside its form: something that is decided about it, by a form of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

Allowed = Callable[[HttpRequest, Any], bool]


@dataclass(frozen=True, slots=True)
class ObjectPage:
    """A page of a row: `view` is a method of the admin, `name` the last part of the address."""

    name: str
    title: Any
    view: str
    allowed: Allowed


class ObjectPagesMixin:
    """For admins with `object_pages`: their addresses, and the links to them above the form."""

    object_pages: tuple[ObjectPage, ...] = ()

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<path:object_id>/{page.name}/",
                self.admin_site.admin_view(partial(self._open_page, page=page)),  # type: ignore[attr-defined]
                name=self.page_name(page.name),
            )
            for page in self.object_pages
        ]
        return own + super().get_urls()  # type: ignore[misc]

    def page_name(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"  # type: ignore[attr-defined]

    def page_url(self, name: str, row: Model) -> str:
        return reverse(f"admin:{self.page_name(name)}", args=[quote(row.pk)])

    def _open_page(self, request: HttpRequest, object_id: str, *, page: ObjectPage) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))  # type: ignore[attr-defined]
        if not self.has_view_permission(request, row):  # type: ignore[attr-defined]
            raise PermissionDenied
        if row is None:
            return self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined]
                request,
                self.opts,
                object_id,  # type: ignore[attr-defined]
            )
        if not page.allowed(request, row):
            raise PermissionDenied
        return getattr(self, page.view)(request, row)

    def render_change_form(
        self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            context["object_pages"] = [
                (self.page_url(page.name, row), page.title)
                for page in self.object_pages
                if page.allowed(request, row)
            ]
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]

    def show_page(
        self,
        request: HttpRequest,
        row: Model,
        *,
        title: str,
        form: forms.Form,
        submit: str,
        intro: str = "",
        is_final: bool = False,
        **context: Any,
    ) -> HttpResponse:
        """Show a form about a row; what it does cannot be undone where `is_final`."""
        context |= self.admin_site.each_context(request) | {  # type: ignore[attr-defined]
            "title": title,
            "subtitle": str(row),
            "opts": self.opts,  # type: ignore[attr-defined]
            "original": row,
            "form": form,
            "media": self.media + form.media,  # type: ignore[attr-defined]
            "intro": intro,
            "submit": submit,
            "is_final": is_final,
        }
        status = 400 if form.errors else 200
        return TemplateResponse(request, "admin/object_page.html", context, status=status)
