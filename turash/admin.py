"""The admin's name."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

admin.site.site_header = _("Turash administration")
admin.site.site_title = _("Turash")
admin.site.index_title = _("Overview")
admin.site.empty_value_display = "—"
