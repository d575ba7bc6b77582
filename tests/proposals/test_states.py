"""The table of steps is what the database keeps and the documentation shows."""

from itertools import product

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from proposals import diagram
from proposals.models import Proposal, ProposalTerms
from proposals.states import AGREED, STEP_TO, STEPS, Status, arrows
from tests.factories import MembershipFactory
from tests.proposals.stages import proposal_at, propose


@pytest.fixture
def sender(db):
    return MembershipFactory()


@pytest.fixture
def target(db):
    return MembershipFactory()


def test_no_two_steps_have_the_same_target():
    assert len(STEP_TO) == len(STEPS)


def test_the_database_takes_the_steps_of_the_table_and_no_others(sender, target):
    proposals = {status: proposal_at(status, sender, target) for status in Status}
    taken = set()
    for old, new in product(Status, Status):
        row = Proposal.objects.filter(pk=proposals[old].pk)
        try:
            with transaction.atomic():
                row.update(status=new)
                transaction.set_rollback(True)
        except IntegrityError:
            continue
        if old != new:
            taken.add((old, new))
    assert taken == set(arrows())


@pytest.mark.parametrize("status", AGREED)
@pytest.mark.parametrize(
    "wrong",
    [
        {"sender_confirmed_version": 1},
        {"target_confirmed_version": None},
        {"terms_version": 3},
        {"sender_confirmed_at": None},
    ],
    ids=str,
)
def test_the_database_knows_no_contract_on_two_versions(sender, target, status, wrong):
    now = timezone.now()
    agreed = {
        "terms_version": 2,
        "sender_confirmed_version": 2,
        "target_confirmed_version": 2,
        "sender_confirmed_at": now,
        "target_confirmed_at": now,
    }
    contract = Proposal.objects.filter(pk=proposal_at(status, sender, target).pk)
    assert contract.update(**agreed) == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        contract.update(**wrong)


def test_the_database_changes_no_terms(sender, target):
    terms = ProposalTerms.objects.filter(proposal=propose(sender, target, quantity=5))
    for change in ({"quantity": 6}, {"version": 7}, {"comment": "Never"}, {"start_date": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            terms.update(**change)
    # People go; what they have offered stays.
    sender.user.delete()
    assert terms.get().author is None


def test_the_diagram_of_the_documentation_is_current():
    text = (settings.BASE_DIR / "docs/proposals.md").read_text()
    assert diagram.drawn() in text, "Run manage.py draw_proposals."


def test_the_command_draws_anew_what_is_out_of_date(tmp_path, settings):
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs/proposals.md"
    page.write_text(f"Before.\n{diagram.BEGIN}\nold\n{diagram.END}\nAfter.\n")
    settings.BASE_DIR = tmp_path
    call_command("draw_proposals")
    assert page.read_text() == f"Before.\n{diagram.drawn()}\nAfter.\n"
    assert "    pending --> accepted: accept" in page.read_text()
    page.write_text("Nothing to draw into.")
    with pytest.raises(ValueError, match="mark"):
        call_command("draw_proposals")
