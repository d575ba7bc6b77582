"""Official lists of codes."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from organizations.models import Sector, WasteCode
from turash.admin_bases import BoundedAdmin


@admin.register(WasteCode)
class WasteCodeAdmin(BoundedAdmin):
    list_display = ["code", "description", "hazardous", "sub_chapter"]
    list_filter = ["hazardous"]
    search_fields = ["code", "description"]
    search_help_text = _("Code or description")


@admin.register(Sector)
class SectorAdmin(BoundedAdmin):
    list_display = ["code", "description", "parent_code"]
    search_fields = ["code", "description"]
    search_help_text = _("Code or description")
