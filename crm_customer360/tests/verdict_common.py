from .common import CustomerCommon


class VerdictCommon(CustomerCommon):
    """Lights and reasons on 15 June 2026, at the limits that companies start with."""

    def _codes(self, row):
        return {reason["code"]: reason["level"] for reason in row.state_reasons or []}

    def _reason(self, row, code, name="state_reasons"):
        return next(reason for reason in row[name] if reason["code"] == code)

    def _old_purchase(self, amount=1000, day="2026-03-01"):
        """A purchase paid at once, old enough for the customer not to be new."""
        self._register(self._invoice(amount, day), day)
