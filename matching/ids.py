"""The public id of a match: the numbers of its output and its input in one UUID (version 8)."""

from uuid import UUID

_DIGITS = 15  # hexadecimal, of each number


def match_id(output_number: int, input_number: int) -> UUID:
    """Return the id of a pair; in SQL `matching_match_id` does the same."""
    output, input_ = f"{output_number:0{_DIGITS}x}", f"{input_number:0{_DIGITS}x}"
    return UUID(hex=f"{output[:12]}8{output[12:]}8{input_}")


def numbers_of(key: UUID) -> tuple[int, int]:
    """Return the numbers of the output and the input; any UUID names some pair."""
    digits = key.hex
    return int(digits[:12] + digits[13:16], 16), int(digits[17:], 16)
