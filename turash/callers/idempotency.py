"""Requests with an `Idempotency-Key`: done once, however often they are sent."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from turash.api.problem_details import is_api, json_problem
from turash.callers.authentication import SCHEME, token_of
from turash.callers.models import KeptAnswer

LONGEST_KEY = 255
# Answers that mean: nothing is done, and who asks with another right, tag or at another time may
# have it done. All others are what the request has come to.
NOT_FINAL = {401, 403, 412, 429}
KEPT_HEADERS = ("Content-Type", "ETag", "Location", "Content-Language")
# What an answer shows once, and no database may hold.
SECRETS = {"token", "secret"}
IN_MEMORY = 256 * 1024


class RepeatMiddleware:
    """
    Answers a repeated POST with what was answered first.

    What the request does and what is answered are written in one transaction: neither is there
    without the other, whatever dies meanwhile. A repetition that comes too early waits for the
    first to end, because it would write the same key.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        key = request.headers.get("Idempotency-Key")
        if key is None or request.method != "POST" or not is_api(request):
            return None
        if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
            return json_problem(
                400, detail=_("An Idempotency-Key has 1 to 255 printable ASCII characters.")
            )
        user = _caller(request)
        if user is None:
            # The view says that nobody is signed in.
            return None
        own = {
            "user": user,
            "key_digest": hashlib.sha256(key.encode()).hexdigest(),
            "request_digest": _digest_of(request),
        }
        with transaction.atomic():
            row, earlier = _begin(**own)
            if row is not None:
                return self._answer_first(row, view(request, *args, **kwargs))
        if earlier.request_digest != own["request_digest"]:
            return json_problem(
                409,
                code="idempotency_key_reused",
                detail=_("This Idempotency-Key was sent with another request."),
            )
        return _again(earlier)

    def _answer_first(self, row: KeptAnswer, response: Any) -> HttpResponse:
        """Keep an answer, and give it; what is not final undoes everything, the key included."""
        if hasattr(response, "render"):
            response = response.render()
        if response.status_code in NOT_FINAL or response.status_code >= 500:
            transaction.set_rollback(True)
            return response
        row.status = response.status_code
        row.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
        row.body = _without_secrets(response.content)
        row.save(update_fields=["status", "headers", "body"])
        return response


def _begin(**own: Any) -> tuple[KeptAnswer | None, Any]:
    """Write the key down: a new row, or None and the one that is there."""
    mine = {name: own[name] for name in ("user", "key_digest")}
    KeptAnswer.objects.over(timezone.now()).filter(**mine).delete()
    try:
        with transaction.atomic():
            # Waits for another that is writing the same.
            return KeptAnswer.objects.create(**own), None
    except IntegrityError:
        return None, KeptAnswer.objects.get(**mine)


def _again(row: KeptAnswer) -> HttpResponse:
    response = HttpResponse(bytes(row.body), status=row.status)
    if "Content-Type" not in row.headers:
        del response["Content-Type"]
    for name, value in row.headers.items():
        response[name] = value
    response["Idempotency-Replayed"] = "true"
    return response


def _caller(request: HttpRequest) -> Any:
    """Return the user of a request, by token or session; None: nobody."""
    scheme, *rest = get_authorization_header(request).split() or [b""]
    if scheme.lower() == SCHEME.lower().encode():
        try:
            return token_of(b" ".join(rest).decode("latin-1")).user
        except AuthenticationFailed:
            return None
    user: Any = request.user
    return user if user.is_authenticated else None


def _digest_of(request: HttpRequest) -> str:
    """Return a digest of what is asked for; the view can read the body once more."""
    digest = hashlib.sha256()
    for part in (request.method, request.get_full_path(), request.content_type):
        digest.update(f"{part}\0".encode())
    copy = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # the request's
    shutil.copyfileobj(request, copy)
    copy.seek(0)
    while chunk := copy.read(IN_MEMORY):
        digest.update(chunk)
    copy.seek(0)
    request._stream = copy  # type: ignore[attr-defined]
    request._read_started = False
    return digest.hexdigest()


def _without_secrets(content: bytes) -> bytes:
    """Return an answer as it may be kept; a secret that was shown is not shown again."""
    try:
        data = json.loads(content)
    except ValueError:
        return content
    if not isinstance(data, dict) or not SECRETS & data.keys():
        return content
    return json.dumps(data | dict.fromkeys(SECRETS & data.keys())).encode()
