"""What the database refuses, told as if the model had refused it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction


@contextmanager
def told_by_the_database(model: type[models.Model]) -> Iterator[None]:
    """
    Save inside: the database checks the constraints, without a query for each of them first.

    :raises ValidationError: a constraint of the model is violated; its name is the error's code.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        name = getattr(diagnosis, "constraint_name", None)
        for constraint in model._meta.constraints:
            if constraint.name == name:
                message = constraint.get_violation_error_message()
                raise ValidationError(message, code=name) from error
        raise
