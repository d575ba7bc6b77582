"""Running exchanges: what was delivered, and what it brought."""

from exchanges.models.declaration import Declaration
from exchanges.models.delivery import Delivery
from exchanges.models.factors import ExchangeFactors

__all__ = ["Declaration", "Delivery", "ExchangeFactors"]
