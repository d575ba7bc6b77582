"""The receiver's code in docs/webhooks.md tells what is genuine; the numbers on the page are so."""

import os
import re
import subprocess
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from webhooks import signing
from webhooks.models import OVERLAP
from webhooks.posting import EXCERPT_BYTES, TOTAL_S
from webhooks.services import MOST_WEBHOOKS, PAUSES, sending

PAGE = (settings.BASE_DIR / "docs/webhooks.md").read_text(encoding="utf-8")


def code(language: str) -> str:
    return re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)[1]


def test_the_receivers_code_knows_us_and_nobody_else(tmp_path):
    names: dict = {}
    exec(code("python"), names)

    def verdicts(secret: str, headers: dict[str, str], body: str) -> tuple[bool, str]:
        (tmp_path / "body.json").write_bytes(body.encode())
        told = {name.upper().replace("-", "_"): value for name, value in headers.items()}
        done = subprocess.run(
            ["sh", "-c", code("sh")],
            cwd=tmp_path, env=os.environ | told | {"SECRET": secret},
            capture_output=True, text=True, timeout=20, check=True,
        )  # fmt: skip
        return names["is_genuine"](secret, headers, body.encode()), done.stdout.strip()

    old, new, other = (signing.new_secret() for _ in range(3))
    body = '{"name":"Fjernvarme på Sjælland"}'
    headers = signing.headers([new, old], delivery_id=uuid4(), sent_at=timezone.now(), body=body)
    for secret in (old, new):
        assert verdicts(secret, headers, body) == (True, "genuine")
    assert verdicts(other, headers, body) == (False, "forged")
    assert verdicts(new, headers, body + " ") == (False, "forged")
    assert verdicts(new, headers | {"webhook-id": "msg_other"}, body) == (False, "forged")
    before = timezone.now() - timedelta(minutes=6)
    late = signing.headers([new], delivery_id=uuid4(), sent_at=before, body=body)
    assert not names["is_genuine"](new, late, body.encode())


def test_the_schedule_on_the_page_is_the_one_that_is_kept():
    row = next(line for line in PAGE.splitlines() if line.startswith("| pause, at least |"))
    units = {"s": "seconds", "min": "minutes", "h": "hours"}
    told = [cell.split() for cell in row.split("|")[2:-1]]
    assert [timedelta(**{units[unit]: int(number)}) for number, unit in told] == list(PAUSES)
    assert (MOST_WEBHOOKS, TOTAL_S, EXCERPT_BYTES, sending.LANES) == (10, 15, 1000, 16)
    assert (timedelta(hours=24), timedelta(days=5)) == (OVERLAP, sending.DISABLED_AFTER)
    assert sending.JITTER == 0.2
