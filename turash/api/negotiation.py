"""Which format an answer has."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer

from turash.errors import InvalidInput


class Negotiation(DefaultContentNegotiation):
    """By `format` or the header Accept; says of a `format` that there is none which there are."""

    def filter_renderers(
        self,
        renderers: Sequence[BaseRenderer],
        format: str,  # noqa: A002  # the name is DRF's
    ) -> Sequence[BaseRenderer]:
        """
        Return the renderers of a format.

        :raises InvalidInput: there is none.
        """
        found = [one for one in renderers if one.format == format]
        if not found:
            known = ", ".join(sorted({str(one.format) for one in renderers}))
            raise InvalidInput({"format": [_("Choose one of: %s.") % known]})
        return found
