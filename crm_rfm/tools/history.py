"""What the models know of the customers of a company: columns, one place a customer.

Plain data: numpy arrays, to be made by whoever reads the documents.
"""

from dataclasses import dataclass, fields, replace
from datetime import date

from .likelihood import Fit


@dataclass(frozen=True)
class Histories:
    """Purchase days of customers as of a day; see `bgnbd` and `gamma_gamma`.

    :param as_of: purchases after this day are not known
    :param partner_ids: whose history it is, ascending
    :param active: False for archived customers: they belong to the base, since it must
        not be made of survivors only, but nothing is expected of them
    :param x: purchase days after the first
    :param t_x: days from the first purchase day to the last
    :param T: days from the first purchase day to `as_of`
    :param z: mean amount of the purchase days after the first, in company currency;
        0 without such days
    :param later: purchase days after `as_of`, up to the end of a time looked at
    """

    as_of: date
    partner_ids: object
    active: object
    x: object
    t_x: object
    T: object
    z: object
    later: object

    def __len__(self):
        return len(self.partner_ids)

    def only(self, chosen):
        """Return the histories of some of the customers.

        :param chosen: places, or one truth value for each customer
        """
        return replace(
            self,
            **{
                field.name: getattr(self, field.name)[chosen]
                for field in fields(self)
                if field.name != "as_of"
            },
        )

    def sample(self, most):
        """Return the histories of every k-th customer: at most so many.

        >>> base = Histories(date(2026, 6, 15), *([list("abcde")] * 7))
        >>> base.sample(5).partner_ids, base.sample(2).partner_ids
        (['a', 'b', 'c', 'd', 'e'], ['a', 'd'])
        """
        return self.only(slice(None, None, -(-len(self) // most) or 1))


@dataclass(frozen=True)
class Models:
    """The two models of a company, each with its parameters or a reason.

    :param purchases: Fit of `bgnbd.BgNbd`
    :param amounts: Fit of `gamma_gamma.GammaGamma`
    :param correlation: of frequency and amount; None when it is not defined
    """

    purchases: Fit
    amounts: Fit
    correlation: float | None = None

    @property
    def usable(self):
        """Whether revenue can be expected: that needs both."""
        return self.purchases.usable and self.amounts.usable
